/** Who consented, counted anew: distinct humans, never the owner or who it is for, under the policy of the moment. */
import type { LedgerEvent } from '@countersign/core';
import { humanBehind, type Meaning, meaningOf, policies } from './cast.ts';
import { type CallAtEnd, textIn } from './record.ts';

type Asks = Exclude<Meaning['writes'], string>;

export function judgeConsent(
  call: CallAtEnd,
  events: readonly LedgerEvent[],
  violated: (what: string) => void,
): void {
  const waiting = events.find(({ type }) => type === 'call.waiting');
  const voters = new Set<string>();
  const accounts: string[] = [];
  let decided = false;
  for (const event of events) {
    const { type } = event;
    if (type === 'vote.cast') {
      const human = textIn(event, 'person');
      if (voters.has(human)) violated(`${human} voted twice on ${call.id}`);
      voters.add(human);
      if ([call.owner, call.on_behalf_of].includes(human)) violated(`${human} voted on their own ${call.id}`);
      if (decided) violated(`${call.id} has a vote after it was decided`);
      if (event.data['approvalDigest'] !== waiting?.data['approvalDigest'])
        violated(`${call.id} has a vote on another digest than the one shown`);
      if (textIn(event, 'vote') === 'approve') accounts.push(textIn(event, 'account'));
    }
    if (type === 'call.approved' || type === 'call.rejected') decided = true;
    if (type === 'call.approved') {
      // The people of the policy that was in force where the vote was taken: one of those there are.
      const asks = askedIn(waiting);
      if (!policies.some(({ meaning }) => areMet(asks, call, accounts, meaning)))
        violated(`${call.id} was approved without the votes it needs`);
    }
    if (type === 'call.claimed') judgeClaim(call, textIn(event, 'policy'), waiting, accounts, violated);
  }
}

function judgeClaim(
  call: CallAtEnd,
  version: string,
  waiting: LedgerEvent | undefined,
  accounts: readonly string[],
  violated: (what: string) => void,
): void {
  const meaning = meaningOf(version);
  if (meaning === undefined) return violated(`${call.id} was claimed under a policy that nobody wrote`);
  if (!call.writes || meaning.writes === 'allow') return;
  if (meaning.writes === 'deny') return violated(`${call.id} was claimed under a policy that denies it`);
  if (waiting === undefined)
    return violated(`${call.id} was never shown, and claimed under a policy that asks`);
  if (!areMet(meaning.writes, call, accounts, meaning))
    violated(`${call.id} was claimed without the votes that its policy asks for`);
}

function askedIn(waiting: LedgerEvent | undefined): Asks {
  const { asks = [] } = (waiting?.data['requirement'] ?? {}) as {
    asks?: readonly { readonly approvers: readonly string[]; readonly votes: number }[];
  };
  return asks.map(({ approvers, votes }) => ({ group: String(approvers[0]), votes }));
}

/** Whether the humans behind these accounts meet every ask, each of them counted for one. Tries every way to do so. */
function areMet(asks: Asks, call: CallAtEnd, accounts: readonly string[], meaning: Meaning): boolean {
  const humans = new Set(accounts.map((account) => humanBehind(account, meaning)));
  const able = [...humans].filter(
    (human): human is string => human !== null && human !== call.owner && human !== call.on_behalf_of,
  );
  const places = asks.flatMap(({ group, votes }) => Array.from({ length: votes }, () => group));
  const fill = (from: number, left: readonly string[]): boolean => {
    const group = places[from];
    if (group === undefined) return true;
    return left.some(
      (human) =>
        meaning.people[human]?.includes(group) === true &&
        fill(
          from + 1,
          left.filter((one) => one !== human),
        ),
    );
  };
  return asks.length > 0 && fill(0, able);
}
