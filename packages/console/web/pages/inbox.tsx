/** What waits: first what waits for the one who looks, then the rest. Calls of one run stand together. */
import type { ApprovalList, ApprovalView } from '@countersign/core';
import { useLayoutEffect, useState } from 'preact/hooks';
import { VoteClock } from '../card/clock.tsx';
import { headline } from '../card/headline.ts';
import { howMuch } from '../card/impact.ts';
import { useResource } from '../resource.ts';
import { go, Link } from '../router.tsx';
import { useShortcuts } from '../shortcuts.ts';
import { Problem } from './problem.tsx';

type Group = readonly [ApprovalView, ...ApprovalView[]];

/** By run, each where its first call stands. */
function byRun(approvals: readonly ApprovalView[]): readonly Group[] {
  const groups = new Map<string, [ApprovalView, ...ApprovalView[]]>();
  for (const approval of approvals) {
    const key = JSON.stringify([approval.preview.principal, approval.preview.run]);
    const there = groups.get(key);
    if (there === undefined) groups.set(key, [approval]);
    else there.push(approval);
  }
  return [...groups.values()];
}

/** Cards that are shown at first, with each wish for more, and at most. */
const [atFirst, more, most] = [20, 80, 500];

export function Inbox() {
  const [many, setMany] = useState(atFirst);
  const path = `/v1/approvals?limit=${many}`;
  const { value, error } = useResource<ApprovalList>(path, { live: 'seen', keep: true });
  const all = value?.approvals ?? [];
  const mine = byRun(all.filter(({ may_vote }) => may_vote));
  const others = byRun(all.filter(({ may_vote }) => !may_vote));
  const order: readonly string[] = [...mine, ...others].flat().map(({ id }) => id);
  const [chosen, setChosen] = useState<string | null>(null);
  const at = chosen === null ? -1 : order.indexOf(chosen);
  const move = (by: number) => setChosen(order[Math.max(0, Math.min(order.length - 1, at + by))] ?? null);
  useShortcuts({
    j: () => move(1),
    k: () => move(at < 0 ? 0 : -1),
    Enter: () => {
      const id = order[at];
      if (id !== undefined) go(`/approvals/${id}`);
    },
  });
  useLayoutEffect(() => {
    if (chosen !== null) document.getElementById(chosen)?.focus();
  }, [chosen]);
  if (value === null) return error === null ? null : <Problem fault={error} />;
  return (
    <section class="page">
      <h1>{mine.length === 0 ? 'Nothing waits for you' : 'Waiting for you'}</h1>
      {mine.length === 0 ? <Empty others={others.length > 0} /> : <List groups={mine} />}
      {others.length === 0 ? null : (
        <>
          <h2>Waiting for others</h2>
          <List groups={others} />
        </>
      )}
      {value.next === null || many >= most ? null : (
        <button type="button" class="quiet" onClick={() => setMany(Math.min(most, many + more))}>
          Show more
        </button>
      )}
      {order.length > 0 ? (
        <p class="keys">
          <kbd>j</kbd> <kbd>k</kbd> to move, <kbd>Enter</kbd> to open
        </p>
      ) : null}
    </section>
  );
}

function Empty({ others }: { readonly others: boolean }) {
  return (
    <p class="empty">
      When an agent wants to do something that the policy leaves to you, it shows here at once.
      {others ? null : (
        <>
          {' '}
          Leave this page open: its title counts what waits, and says when to sign in again. To see what
          agents did without asking, look at their <Link to="/runs">runs</Link>.
        </>
      )}
    </p>
  );
}

function List({ groups }: { readonly groups: readonly Group[] }) {
  return (
    <ol class="inbox">
      {groups.map((group) => (
        <li key={group[0].id} class={group.length > 1 ? 'siblings' : ''}>
          {group.length > 1 ? (
            <p class="of-run">
              {group.length} calls of one run of <b>{group[0].preview.principal}</b>, each with its own vote
            </p>
          ) : null}
          {group.map((approval) => (
            <Item key={approval.id} approval={approval} />
          ))}
        </li>
      ))}
    </ol>
  );
}

function Item({ approval }: { readonly approval: ApprovalView }) {
  const { preview } = approval;
  return (
    <Link to={`/approvals/${approval.id}`} id={approval.id} class="item">
      <span class="what">{headline(preview)}</span>
      <span class="where">
        {preview.connection} · {howMuch(preview)}
      </span>
      <span class="who-asks">
        {preview.principal}
        {preview.onBehalfOf === null ? '' : ` for ${preview.onBehalfOf}`}
      </span>
      <VoteClock from={approval.created_at} until={approval.vote_by} />
    </Link>
  );
}
