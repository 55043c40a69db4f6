/** The loop around `applyVotes`, for an application that only wants to wait. */
import { CountersignError } from '@countersign/core';
import { run } from '@openai/agents';
import type { GatewayClient } from './gateway-client.ts';
import type { PendingCall } from './pending.ts';
import type { AgentLike, RunResultLike } from './sdk.ts';

/** How a paused run goes on. */
export interface ResumeOptions<Result extends RunResultLike> {
  /** The one that the agent's guarded tools were made with. */
  readonly gateway: GatewayClient;
  /** Ends the wait, and the run where it goes on by default; what it is aborted with is thrown. */
  readonly signal?: AbortSignal;
  /**
   * How the run goes on; default: the SDK's `run(agent, state, { signal })`. Give it for a session, a runner of your
   * own, streaming, or from CommonJS, where the SDK that you required is another copy than the one imported here.
   */
  readonly resume?: (state: Result['state']) => Promise<Result>;
}

/**
 * Waits for people and resumes the run, until no guarded call waits any more.
 *
 * @param agent The agent that the run began with.
 * @param result What the run gave; one that waits for nothing comes back as it is.
 * @returns the last result. It may still hold interruptions of the application's own tools.
 * @throws {CountersignError} `internal` where the run does not take a decision; else as `applyVotes` and the run do.
 */
export async function resumeWhenDecided<Result extends RunResultLike>(
  agent: AgentLike,
  result: Result,
  options: ResumeOptions<Result>,
): Promise<Result> {
  const { gateway, signal } = options;
  const stop = signal === undefined ? {} : { signal };
  const resume =
    options.resume ?? ((state) => run(agent as never, state as never, stop) as unknown as Promise<Result>);
  let last = result;
  let waiting = gateway.pending(last);
  while (waiting.length > 0) {
    await gateway.applyVotes(last.state, stop);
    last = await resume(last.state);
    if ('completed' in last) await last.completed;
    const before = new Set(waiting.map(keyOf));
    waiting = gateway.pending(last);
    // It happens to an agent's tool that was wrapped in another one, and would go on for ever.
    if (waiting.some((call) => before.has(keyOf(call))))
      throw new CountersignError('internal', { what: 'the run still waits for a call that was decided' });
  }
  return last;
}

const keyOf = ({ agent, tool, callId }: PendingCall): string => JSON.stringify([agent, tool, callId]);
