/** The card: what will happen, to what, how much, who asks and why; and the vote on exactly that. */
import type { ApprovalList, ApprovalView, AskView } from '@countersign/core';
import { VoteClock, When } from '../card/clock.tsx';
import { CommentBox, Said } from '../card/comments.tsx';
import { Facts } from '../card/facts.tsx';
import { headline } from '../card/headline.ts';
import { changes, howKnown, howMuch } from '../card/impact.ts';
import { RunSoFar } from '../card/run-so-far.tsx';
import { SampleTable } from '../card/sample.tsx';
import { StateMark } from '../card/state.tsx';
import { languageOf, Untrusted } from '../card/untrusted.tsx';
import { VoteBox } from '../card/vote-box.tsx';
import { useResource } from '../resource.ts';
import { go, Link } from '../router.tsx';
import { useShortcuts } from '../shortcuts.ts';
import { Problem } from './problem.tsx';

export function CardPage({ id }: { readonly id: string }) {
  const approval = useResource<ApprovalView>(`/v1/approvals/${encodeURIComponent(id)}`, { live: true });
  useShortcuts({ u: () => go('/') });
  const { value, error } = approval;
  if (value === null) return error === null ? null : <Problem fault={error} />;
  const { preview } = value;
  return (
    <article class="page card">
      <header>
        <p class="over">
          <StateMark state={value.state} /> {preview.principal}
          {preview.onBehalfOf === null ? '' : ` for ${preview.onBehalfOf}`} · {preview.connection}
        </p>
        <h1>{headline(preview)}</h1>
        <p class="much">
          <b>{howMuch(preview)}</b> <span>{howKnown(preview)}</span>
        </p>
        {value.state === 'waiting' ? <VoteClock from={value.created_at} until={value.vote_by} /> : null}
      </header>

      {preview.input.map(({ label, text }) => (
        <Untrusted key={label} label={label} text={text} language={languageOf(preview.protocol, label)} />
      ))}
      {preview.purpose === null ? null : (
        <Untrusted label="why" text={preview.purpose} whose="the agent’s own words" />
      )}

      <section aria-labelledby="effects">
        <h2 id="effects">What it would do</h2>
        {preview.words.length === 0 ? (
          <p>Nothing that has a name.</p>
        ) : (
          <ul class="words">
            {preview.words.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {preview.effect === undefined ? null : (
          <table class="changes">
            <caption>Rows by table, as the trial counted them</caption>
            <tbody>
              {preview.effect.tables.map((table) => (
                <tr key={table.table}>
                  <th scope="row">{table.table}</th>
                  <td>{changes(table)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {(preview.sample ?? []).map((sample) => (
          <SampleTable key={sample.table} sample={sample} />
        ))}
        {preview.notes.length === 0 ? null : (
          <ul class="notes">
            {preview.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </section>

      <Facts
        facts={[
          [
            'Asked by',
            [
              preview.owner === null
                ? preview.principal
                : `${preview.principal}, whose owner is ${preview.owner}`,
            ],
          ],
          ['For', [preview.onBehalfOf ?? 'nobody but itself']],
          ['Asked', [<When at={value.created_at} />]],
          ['Needs', value.asks.map((ask) => <Ask ask={ask} />)],
          ['Triggers', preview.triggers ?? []],
          ['Locks', preview.locks ?? []],
          ['Effect not bound', preview.effect?.unbound ?? []],
          [
            'Run',
            [
              <Link to={`/runs/${value.run_id}`} class="theirs">
                {preview.run}
              </Link>,
            ],
          ],
        ]}
      />

      <Said votes={value.votes} comments={value.comments} />
      {value.may_comment ? <CommentBox approval={value} onDone={approval.set} /> : null}
      <Siblings approval={value} />
      <RunSoFar run={value.run_id} before={value.call} />

      <VoteBox approval={value} stale={error !== null} onVoted={approval.set} onRefused={approval.reload} />
    </article>
  );
}

function Ask({ ask: { approvers, votes, reason, rules, approved_by, met } }: { readonly ask: AskView }) {
  return (
    <>
      {votes === 1 ? '1 vote' : `${votes} votes`} from {approvers.join(' or ')}
      {reason ? ', with a reason' : ''}
      {rules.length === 0 ? (
        ''
      ) : (
        <span class="aside">, says {rules.map((rule) => `“${rule}”`).join(', ')}</span>
      )}
      {met ? (
        <span class="aside">: met by {approved_by.join(', ')}</span>
      ) : approved_by.length > 0 ? (
        <span class="aside">
          : {approved_by.length} of {votes}, by {approved_by.join(', ')}
        </span>
      ) : null}
    </>
  );
}

function Siblings({ approval: { siblings, preview } }: { readonly approval: ApprovalView }) {
  const { value } = useResource<ApprovalList>(siblings.length === 0 ? null : '/v1/approvals?limit=50');
  if (siblings.length === 0) return null;
  const known = new Map(value?.approvals.map((one) => [one.id, one]));
  return (
    <section aria-labelledby="siblings">
      <h2 id="siblings">Also waiting in this run of {preview.principal}</h2>
      <p class="aside">Each has its own vote.</p>
      <ul class="words">
        {siblings.map((id) => {
          const one = known.get(id);
          return (
            <li key={id}>
              <Link to={`/approvals/${id}`}>
                {one === undefined ? id : `${headline(one.preview)} · ${one.preview.connection}`}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
