/** A decision: what policy says of a call, with the rules that made it, what an ask requires, and the mask plan. */
import type { ErrorCode } from './errors.ts';
import type { MaskPlan } from './mask.ts';

/** What a decision comes to. */
export type Verdict = 'allow' | 'ask' | 'deny';

/** One group of approvers that has to agree. */
export interface Ask {
  /** Groups under `people`; a member of any of them may vote. Sorted. */
  readonly approvers: readonly string[];
  /** How many distinct humans have to approve. */
  readonly votes: number;
  /** Whether an approval has to say why. */
  readonly reason: boolean;
  /** The rules (or masks) that ask, for approvers and operators. */
  readonly rules: readonly string[];
}

/** What an `ask` waits for: every ask met, each by humans of its own, within two clocks. */
export interface Requirement {
  /** All of them have to be met. A human counts for one only. */
  readonly asks: readonly Ask[];
  /** Milliseconds from creation within which the deciding vote must come. */
  readonly voteWithinMs: number;
  /** Milliseconds from the deciding vote within which the call must start. */
  readonly startWithinMs: number;
  /** Milliseconds before the first clock is out that those who were asked are reminded. Default: a quarter of it. */
  readonly remindMs?: number;
  /** Milliseconds within which who approves has to have signed in for this very approval. Default: no such sign-in. */
  readonly freshMs?: number;
  /** What of a measured effect is committed only as it was shown: keys, new values and counts, or counts. Default `exact`. */
  readonly bind?: Binding;
  /** Rows by which each count may differ from what was shown. Default 0. */
  readonly tolerance?: number;
}

/** What an approval binds of a measured effect. */
export type Binding = 'exact' | 'counts';

/** Why a call may run, must ask, or may not: `allowed`, `needs_approval`, or the code of a denial. */
export type DecisionCode = 'allowed' | 'needs_approval' | ErrorCode;

/** What policy says of one call. */
export interface Decision {
  readonly verdict: Verdict;
  readonly code: DecisionCode;
  /** Safe for the model: no rule names, no data. */
  readonly reason: string;
  /** For approvers and operators: which effect, which rule. */
  readonly detail: string;
  /** Names of the rules and masks that made it. */
  readonly rules: readonly string[];
  /** Present exactly when the verdict is `ask`. */
  readonly requirement: Requirement | null;
  /** Milliseconds from `allowed` within which the call must start. */
  readonly startWithinMs: number;
  /** What is hidden of its result, if it runs. */
  readonly masks: MaskPlan;
  /** Whether the number of rows can make another decision of it, and was not known. Absent: no. */
  readonly needsRows?: true;
}
