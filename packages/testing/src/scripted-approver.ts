/** An approver that follows a script: one step for each ask, in the order in which they come. */
import type { ApprovalView } from '@countersign/core';

/** What an approver says to one ask. */
export type Answer =
  | { readonly vote: 'approve'; readonly reason?: string }
  | { readonly vote: 'reject'; readonly reason: string };

/** Looks at the card and answers; a promise that stays pending leaves the ask waiting. */
export type Responder = (request: ApprovalView) => Answer | Promise<Answer>;

/** One step of a script: an answer, or a function that looks at the ask first. */
export type ApproverStep = Answer | Responder;

/** Whoever answers asks. `testGateway` casts the votes. */
export interface Approver {
  /** @throws where the ask was not expected; it is then rejected, and the test hears of it. */
  answer(request: ApprovalView): Promise<Answer>;
}

/**
 * Approves the ask, by as many people as it needs.
 *
 * @param reason Why, at most 1000 characters; default: a few words where the ask wants a reason, else none.
 */
export function approve(reason?: string): Answer {
  return reason === undefined ? { vote: 'approve' } : { vote: 'approve', reason };
}

/**
 * Rejects the ask, by one person.
 *
 * @param reason Why, 1 to 1000 characters; the model reads it.
 */
export function reject(reason: string): Answer {
  return { vote: 'reject', reason };
}

/** An ask came that the script has no step for. */
export class UnexpectedApprovalError extends Error {
  /** The position of the ask in `requests`, from zero. */
  readonly requestIndex: number;
  /** The ask, as an approver sees it. */
  readonly request: ApprovalView;

  constructor(requestIndex: number, request: ApprovalView) {
    const { connection, words } = request.preview;
    super(`ask ${requestIndex} has no step in the script: ${connection}, ${words.join('; ')}`);
    this.name = 'UnexpectedApprovalError';
    this.requestIndex = requestIndex;
    this.request = request;
  }
}

/** The script has steps that no ask came for. */
export class UnconsumedApprovalStepsError extends Error {
  /** How many are left. */
  readonly remainingSteps: number;

  constructor(remainingSteps: number) {
    super(`${remainingSteps} steps of the script were not used`);
    this.name = 'UnconsumedApprovalStepsError';
    this.remainingSteps = remainingSteps;
  }
}

/** Answers asks by a script, one step each, and keeps what it was asked. Made by {@link scriptedApprover}. */
export class ScriptedApprover implements Approver {
  readonly #steps: ApproverStep[];
  readonly #requests: ApprovalView[] = [];
  #unexpected: UnexpectedApprovalError | null = null;

  constructor(steps: Iterable<ApproverStep>) {
    this.#steps = [...steps];
  }

  /** The asks so far, as the approver saw them, in the order in which they came. */
  get requests(): readonly ApprovalView[] {
    return [...this.#requests];
  }

  /** How many steps no ask has come for. */
  get remainingSteps(): number {
    return this.#steps.length;
  }

  /** Adds steps to the end of the script. */
  enqueue(...steps: readonly ApproverStep[]): void {
    this.#steps.push(...steps);
  }

  /**
   * Answers by the next step. It is taken before anything is awaited, so that asks and steps keep their order.
   *
   * @throws {UnexpectedApprovalError} when no step is left.
   */
  async answer(request: ApprovalView): Promise<Answer> {
    this.#requests.push(request);
    const step = this.#steps.shift();
    if (step === undefined) {
      const error = new UnexpectedApprovalError(this.#requests.length - 1, request);
      this.#unexpected ??= error;
      throw error;
    }
    return typeof step === 'function' ? await step(request) : step;
  }

  /**
   * @throws {UnexpectedApprovalError} when an ask came that the script had no step for.
   * @throws {UnconsumedApprovalStepsError} when steps are left.
   */
  assertComplete(): void {
    if (this.#unexpected !== null) throw this.#unexpected;
    if (this.#steps.length > 0) throw new UnconsumedApprovalStepsError(this.#steps.length);
  }
}

/**
 * An approver for a test: `scriptedApprover([approve(), reject('not today')])`. Without steps it expects no ask.
 *
 * @param steps Answers, or functions that look at the ask first; one for each ask, in the order in which they come.
 */
export function scriptedApprover(steps: Iterable<ApproverStep> = []): ScriptedApprover {
  return new ScriptedApprover(steps);
}
