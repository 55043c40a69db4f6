/** One run as a time line: each call, what people said to it, how it ended, and what the agent saw. */
import type { RunCall, RunView } from '@countersign/core';
import { useState } from 'preact/hooks';
import { When } from '../card/clock.tsx';
import { Said } from '../card/comments.tsx';
import { effectsInShort } from '../card/effects.ts';
import { Facts } from '../card/facts.tsx';
import { momentInWords } from '../card/moments.ts';
import { ResultTable } from '../card/result.tsx';
import { StateMark } from '../card/state.tsx';
import { languageOf, Untrusted } from '../card/untrusted.tsx';
import { get, Refused } from '../gateway.ts';
import { useResource } from '../resource.ts';
import { Link } from '../router.tsx';
import { counted } from '../words.ts';
import { Problem } from './problem.tsx';

export function Run({ id }: { readonly id: string }) {
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  const { value, error } = useResource<RunView>(path, { live: true });
  const [more, setMore] = useState<readonly RunCall[]>([]);
  const [later, setLater] = useState<string | null | undefined>(undefined);
  const [fault, setFault] = useState<string | null>(null);
  if (value === null) return error === null ? null : <Problem fault={error} />;
  const { run } = value;
  const next = later === undefined ? value.next : later;
  const seen = new Set(value.calls.map(({ id }) => id));
  const calls = [...value.calls, ...more.filter(({ id }) => !seen.has(id))];
  const show = async () => {
    try {
      const page = await get<RunView>(`${path}?after=${next}`);
      setMore([...more, ...page.calls]);
      setLater(page.next);
      setFault(null);
    } catch (thrown) {
      setFault(thrown instanceof Refused ? thrown.message : String(thrown));
    }
  };
  return (
    <section class="page">
      <p class="over">
        <Link to="/runs">Runs</Link>
      </p>
      <h1>
        A run of {run.principal}
        {run.on_behalf_of === null ? '' : ` for ${run.on_behalf_of}`}
      </h1>
      <p class="much">
        <b>{counted(run.calls, 'calls')}</b>{' '}
        <span>
          begun <When at={run.created_at} />, named <code class="theirs">{run.run}</code>
        </span>
      </p>
      <ol class="timeline">
        {calls.map((call) => (
          <li key={call.id}>
            <Call call={call} />
          </li>
        ))}
      </ol>
      {fault === null ? null : <p class="problem">{fault}</p>}
      {next === null ? null : (
        <button type="button" class="quiet" onClick={() => void show()}>
          Show later calls
        </button>
      )}
    </section>
  );
}

function Call({ call }: { readonly call: RunCall }) {
  const { words } = call;
  return (
    <details class="call" open={call.state === 'waiting' || call.state === 'unknown'}>
      <summary>
        <StateMark state={call.state} />
        <span class="what">{effectsInShort(call.effects)}</span>
        <span class="aside">
          {call.connection} · <When at={call.created_at} />
        </span>
      </summary>
      {words === null ? (
        <p class="aside">What was said is shown to those who were asked, and to auditors.</p>
      ) : (
        <>
          {words.input.map(({ label, text }) => (
            <Untrusted key={label} label={label} text={text} language={languageOf(call.protocol, label)} />
          ))}
          {words.purpose === null ? null : (
            <Untrusted label="why" text={words.purpose} whose="the agent’s own words" />
          )}
        </>
      )}
      <Facts
        facts={[
          [
            'Effects',
            call.effects.map(
              ({ action, resource, via }) =>
                `${action} ${resource}${via === undefined ? '' : ` (via ${via})`}`,
            ),
          ],
          ['Decided by', call.rules.map((rule) => `“${rule}”`)],
          ['Because', words === null || words.detail === '' ? [] : [words.detail]],
          ['Code', [<code>{call.code}</code>]],
          ['What ran', call.ran === null ? [] : [ranInWords[call.ran]]],
          ['Tool', [<code class="theirs">{call.tool}</code>]],
        ]}
      />
      {words?.result == null ? null : <ResultTable result={words.result} />}
      {words?.told == null ? null : (
        <Untrusted label="answer" text={words.told} whose="as the agent was told" />
      )}
      <Said votes={call.votes} comments={call.comments} />
      <ol class="moments">
        {call.moments.map(({ at, type, actor }) => (
          <li key={`${at} ${type}`}>
            <When at={at} /> <span>{momentInWords(type)}</span> <span class="aside">{actor}</span>
          </li>
        ))}
      </ol>
      {call.approval === null ? null : (
        <p>
          <Link to={`/approvals/${call.approval}`}>The card that people saw</Link>
        </p>
      )}
    </details>
  );
}

const ranInWords: Readonly<Record<NonNullable<RunCall['ran']>, string>> = {
  no: 'nothing',
  rolled_back: 'it ran, and was rolled back',
  maybe_outside: 'it may have acted outside the transaction',
};
