/** Casting an approver's answers by the real route, as real people with tokens of their own. */
import type { Client } from '@countersign/client';
import { type ApprovalId, type ApprovalView, type AskView, asCountersignError } from '@countersign/core';
import type { Person } from '@countersign/policy';
import type { Answer, Approver } from './scripted-approver.ts';

/** An ask that the people of the policy file cannot meet. */
export class NoEligiblePeopleError extends Error {
  /** The ask, as an approver would have seen it. */
  readonly request: ApprovalView;

  constructor(request: ApprovalView) {
    const needs = request.asks
      .map(({ votes, approvers }) => `${votes} of ${approvers.join(' or ')}`)
      .join(' and ');
    super(`the ask needs ${needs}, and too few people under "people" may vote on it`);
    this.name = 'NoEligiblePeopleError';
    this.request = request;
  }
}

export interface VotingOptions {
  readonly approver: Approver;
  readonly people: readonly Person[];
  /** A client with that person's token. */
  readonly clientOf: (person: string) => Promise<Client>;
}

export class Voting {
  readonly #options: VotingOptions;
  readonly #seen = new Set<ApprovalId>();
  readonly #failed = Promise.withResolvers<never>();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: VotingOptions) {
    this.#options = options;
    // Whoever waits for votes hears of it; a test that doesn't wait must not die of it.
    this.#failed.promise.catch(() => {});
  }

  /** Rejects once the approver got an ask that it did not expect, or that its people can't meet. */
  get failure(): Promise<never> {
    return this.#failed.promise;
  }

  /** Hands the asks that are new to the approver, the oldest first. Resolves when it has them all; votes may follow. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error: unknown) => this.#failed.reject(error));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const waiting = new Map<ApprovalId, { readonly request: ApprovalView; readonly client: Client }>();
    for (const { name } of this.#options.people) {
      const client = await this.#options.clientOf(name);
      const { approvals } = await client.listApprovals();
      for (const request of approvals)
        if (!this.#seen.has(request.id)) waiting.set(request.id, { request, client });
    }
    const oldestFirst = [...waiting.values()].sort((a, b) =>
      a.request.created_at.localeCompare(b.request.created_at),
    );
    for (const { request, client } of oldestFirst) {
      this.#seen.add(request.id);
      // An ask that ended while the lists were read takes no step of the script.
      if ((await client.getApproval(request.id)).state !== 'waiting') continue;
      this.#decide(request).catch((error: unknown) => this.#failed.reject(error));
    }
  }

  async #decide(request: ApprovalView): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#options.approver.answer(request);
    } catch (error) {
      this.#failed.reject(error);
      // Nothing is left waiting for an answer that will not come.
      return await this.#cast(request, { vote: 'reject', reason: 'The test did not expect this.' });
    }
    await this.#cast(request, answer);
  }

  async #cast(request: ApprovalView, { vote, reason }: Answer): Promise<void> {
    const eligible = await this.#eligible(request);
    if (eligible === null) return;
    const voters = assign(slotsOf(request.asks), eligible);
    if (voters === null) throw new NoEligiblePeopleError(request);
    const why = reason ?? (request.asks.some((ask) => ask.reason) ? 'Approved by the script.' : undefined);
    for (const voter of vote === 'approve' ? voters : voters.slice(0, 1)) {
      const client = await this.#options.clientOf(voter.name);
      try {
        await client.vote(request.id, {
          vote,
          digest: request.digest,
          ...(why === undefined ? {} : { reason: why }),
        });
      } catch (error) {
        if (hasEnded(error)) return;
        throw error;
      }
    }
  }

  /**
   * Those who may vote, by the gateway's own word, which shows others no approval at all. Null where the ask ended
   * while it was being answered: its clock ran out, the call was cancelled, or someone else decided.
   */
  async #eligible({ id }: ApprovalView): Promise<readonly Person[] | null> {
    const people: Person[] = [];
    let waits = false;
    for (const person of this.#options.people) {
      const { approvals } = await (await this.#options.clientOf(person.name)).listApprovals();
      const seen = approvals.find((approval) => approval.id === id);
      waits ||= seen !== undefined;
      if (seen?.may_vote === true) people.push(person);
    }
    return waits ? people : null;
  }
}

/** Whether a vote came too late: that is the call's outcome, which the test sees, and no fault of the approver's. */
function hasEnded(error: unknown): boolean {
  const { code } = asCountersignError(error);
  return code === 'already_decided' || code === 'expired';
}

/** One slot for each vote that is needed. */
function slotsOf(asks: readonly AskView[]): readonly AskView[] {
  return asks.flatMap((ask) => Array.from({ length: ask.votes }, () => ask));
}

/** A person for each slot, nobody twice; null where that cannot be. */
function assign(slots: readonly AskView[], people: readonly Person[]): readonly Person[] | null {
  const [slot, ...rest] = slots;
  if (slot === undefined) return [];
  for (const person of people) {
    if (!person.groups.some((group) => slot.approvers.includes(group))) continue;
    const others = assign(
      rest,
      people.filter((other) => other !== person),
    );
    if (others !== null) return [person, ...others];
  }
  return null;
}
