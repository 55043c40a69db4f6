/** What people do: look at what waits for them, and vote; some of them may not, and some come late. */
import type { ApprovalView, Principal } from '@countersign/core';
import { people } from './cast.ts';
import type { Stage } from './stage.ts';

export async function votes(stage: Stage): Promise<void> {
  const { random } = stage.parts;
  const person = random.pick(random.chance(0.8) ? people.slice(0, 4) : people);
  const card = random.chance(0.8) ? await fromList(stage, person) : await fromLink(stage, person);
  if (card === null) return;
  const vote = random.chance(0.88) ? 'approve' : 'reject';
  const approval = card.id;
  // A page that was left open shows what another call's card said.
  const digest = random.chance(0.95)
    ? card.digest
    : (`${card.digest.slice(0, -4)}0000` as typeof card.digest);
  const seen = await stage.ask(`${person.name} votes ${vote}`, ({ engine }) =>
    engine.calls.vote(person, approval, { vote, digest }),
  );
  if (seen !== null) stage.answers.push({ kind: 'vote', approval, account: person.account ?? '' });
}

/** What waits for this person now. */
async function fromList(stage: Stage, person: Principal): Promise<ApprovalView | null> {
  const list = await stage.ask(`${person.name} lists`, ({ engine }) =>
    engine.calls.approvals({ principal: person, everything: false }, { limit: 500 }),
  );
  return list === null || list.approvals.length === 0 ? null : stage.parts.random.pick(list.approvals);
}

/** Any card that was ever made, whatever became of its call. */
async function fromLink(stage: Stage, person: Principal): Promise<ApprovalView | null> {
  const asked = stage.calls.flatMap(({ approval }) => (approval === null ? [] : [approval]));
  if (asked.length === 0) return null;
  const approval = stage.parts.random.pick(asked);
  return stage.ask(`${person.name} looks`, ({ engine }) =>
    engine.calls.approval({ principal: person, everything: false }, approval),
  );
}
