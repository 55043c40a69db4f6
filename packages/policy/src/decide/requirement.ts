/** What an ask waits for, and whether the people who agreed are enough. */
import type { Ask, Requirement } from '@countersign/core';
import type { AskRule } from '../policy.ts';

interface Asking {
  readonly ask: AskRule;
  /** The name of the rule or mask that asks. */
  readonly by: string;
}

/**
 * Adds asks up. Asks that name the same approvers become one, with the most votes, and a reason if any wants one;
 * different approvers stay apart. The shortest clocks, the earliest reminder, the closest binding and the least tolerance
 * count for all.
 */
export function addUp(asking: readonly Asking[]): Requirement {
  const reminders = asking.flatMap(({ ask }) => ask.remindMs ?? []);
  const fresh = asking.flatMap(({ ask }) => ask.freshMs ?? []);
  const tolerance = Math.min(...asking.map(({ ask }) => ask.tolerance ?? 0));
  const byApprovers = new Map<string, Ask>();
  for (const { ask, by } of asking) {
    const approvers = [...new Set(ask.approvers)].sort();
    const key = JSON.stringify(approvers);
    const same = byApprovers.get(key);
    byApprovers.set(key, {
      approvers,
      votes: Math.max(ask.votes, same?.votes ?? 1),
      reason: ask.reason || (same?.reason ?? false),
      rules: [...new Set([...(same?.rules ?? []), by])],
    });
  }
  return {
    asks: [...byApprovers.values()].sort((a, b) => (inWords(a) < inWords(b) ? -1 : 1)),
    voteWithinMs: Math.min(...asking.map(({ ask }) => ask.voteWithinMs)),
    startWithinMs: Math.min(...asking.map(({ ask }) => ask.startWithinMs)),
    ...(reminders.length === 0 ? {} : { remindMs: Math.max(...reminders) }),
    ...(fresh.length > 0 ? { freshMs: Math.min(...fresh) } : {}),
    // Left out where it is what it is anyway: a requirement is stored, and part of a digest.
    ...(asking.every(({ ask }) => ask.bind === 'counts') ? { bind: 'counts' } : {}),
    ...(tolerance > 0 ? { tolerance } : {}),
  };
}

const inWords = ({ approvers }: Ask): string => approvers.join(' ');

/** A human who may count for an ask. */
export interface Human {
  /** Their entry under `people`, or the account of someone who has none. */
  readonly name: string;
  readonly groups: readonly string[];
}

export function isEligible(ask: Ask, { groups }: Human): boolean {
  return ask.approvers.some((group) => groups.includes(group));
}

/**
 * Whether every ask gets its votes when each human counts for one ask only. A requirement without asks, or an ask
 * without a vote, is never met.
 */
export function requirementMet(requirement: Requirement, humans: readonly Human[]): boolean {
  const { asks } = requirement;
  if (asks.length === 0 || !asks.every(({ votes }) => votes >= 1)) return false;
  const counted = countedFor(requirement, humans);
  return asks.every(({ votes }, index) => counted[index]?.length === votes);
}

/**
 * Which humans count for which ask, each for one only and none beyond its votes, assigned in the best way (a maximum
 * bipartite matching). Humans are distinct by name; more than are needed do no harm.
 *
 * @returns for each ask of the requirement, in its order, the names of those who count for it.
 */
export function countedFor({ asks }: Requirement, humans: readonly Human[]): readonly (readonly string[])[] {
  const distinct = [...new Map(humans.map((human) => [human.name, human])).values()];
  const counted = asks.map(() => new Set<Human>());
  for (const [index, { votes }] of asks.entries()) {
    while ((counted[index]?.size ?? votes) < votes)
      if (!assign(index, asks, distinct, counted, new Set())) break;
  }
  return counted.map((set) => [...set].map(({ name }) => name));
}

/** Finds one more human for an ask, moving others to asks where they also fit. */
function assign(
  index: number,
  asks: readonly Ask[],
  humans: readonly Human[],
  counted: readonly Set<Human>[],
  tried: Set<Human>,
): boolean {
  const ask = asks[index];
  const mine = counted[index];
  if (ask === undefined || mine === undefined) return false;
  for (const human of humans) {
    if (tried.has(human) || mine.has(human) || !isEligible(ask, human)) continue;
    tried.add(human);
    const holder = counted.findIndex((set) => set.has(human));
    if (holder >= 0 && !assign(holder, asks, humans, counted, tried)) continue;
    counted[holder]?.delete(human);
    mine.add(human);
    return true;
  }
  return false;
}
