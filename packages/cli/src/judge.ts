/** What judges calls for `explain` and `run`: an engine in this process, or a live gateway. */
import type { CallInput, CallView, Decision, Effect, Lineage, Requirement, Result } from '@countersign/core';

/** How a call is decided. What the one who asks may not know is left out: an agent sees decision, code and reason. */
export interface Judgement {
  readonly decision: Decision['verdict'];
  /** `allowed`, `needs_approval`, or why not. */
  readonly code: string;
  readonly reason: string;
  readonly effects?: readonly Effect[];
  readonly rules?: readonly string[];
  /** As core's `maskNames` writes them. */
  readonly masks?: readonly string[];
  readonly lineage?: Lineage;
  readonly requirement?: Requirement | null;
  /** Which effect, which rule. */
  readonly detail?: string;
}

/** What became of a call that was judged and, where that was allowed, run. */
export interface RunJudgement extends Judgement {
  readonly outcome: 'succeeded' | 'failed' | 'unknown' | 'not_executed';
  readonly result?: Result;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface JudgedCall {
  readonly connection: string;
  readonly input: CallInput;
  readonly purpose: string | null;
}

export interface Judge {
  explain(call: JudgedCall, signal: AbortSignal): Promise<Judgement>;
  /**
   * Runs what is allowed, and nothing else. Where a person has to be asked: with `waiting` it says so and waits for the
   * vote, without it the call is not executed and leaves nothing waiting.
   */
  run(
    call: JudgedCall,
    signal: AbortSignal,
    waiting?: (call: CallView) => Promise<void>,
  ): Promise<RunJudgement>;
  /** The names of the connections there are. */
  connections(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}
