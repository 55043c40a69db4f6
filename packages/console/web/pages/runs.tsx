/** Runs: search and filter. What is looked for stands in the address, so that it can be sent to somebody. */
import type { ConnectionDetails, RunList, RunSummary } from '@countersign/core';
import { useState } from 'preact/hooks';
import { When } from '../card/clock.tsx';
import { StateMark, stateInWords } from '../card/state.tsx';
import { get, Refused } from '../gateway.ts';
import { useResource } from '../resource.ts';
import { go, Link } from '../router.tsx';
import { counted } from '../words.ts';
import { Problem } from './problem.tsx';

const states = [
  'waiting',
  'succeeded',
  'failed',
  'unknown',
  'denied',
  'rejected',
  'expired',
  'cancelled',
  'claimed',
] as const;
const keys = ['text', 'principal', 'person', 'connection', 'state'] as const;

export function Runs({ query }: { readonly query: URLSearchParams }) {
  const wanted = new URLSearchParams(
    keys.flatMap((key) => (query.get(key) ? [[key, query.get(key) ?? '']] : [])),
  );
  const path = `/v1/runs?${wanted}`;
  const { value, error } = useResource<RunList>(path, { live: true });
  const connections = useResource<ConnectionDetails>('/v1/connections').value?.connections ?? [];
  const look = (form: HTMLFormElement) => {
    const entries = [...new FormData(form)].filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].trim() !== '',
    );
    const next = new URLSearchParams(entries.map(([key, text]) => [key, text.trim()])).toString();
    go(next === '' ? '/runs' : `/runs?${next}`);
  };
  return (
    <section class="page">
      <h1>Runs</h1>
      <details class="search" open={wanted.size > 0 || matchMedia('(min-width: 761px)').matches}>
        <summary>Search</summary>
        <form
          class="filter"
          key={path}
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            look(event.currentTarget);
          }}
          onChange={(event) => {
            if (event.target instanceof HTMLSelectElement) look(event.currentTarget);
          }}
        >
          <label>
            Run id begins with
            <input name="text" type="search" defaultValue={wanted.get('text') ?? ''} maxLength={200} />
          </label>
          <label>
            Principal
            <input
              name="principal"
              placeholder="agent:support"
              defaultValue={wanted.get('principal') ?? ''}
              maxLength={100}
            />
          </label>
          <label>
            Person
            <input
              name="person"
              placeholder="who it acted for"
              defaultValue={wanted.get('person') ?? ''}
              maxLength={100}
            />
          </label>
          <label>
            Connection
            <select name="connection">
              <option value="">every one</option>
              {connections.map(({ name }) => (
                <option value={name} selected={wanted.get('connection') === name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            With a call that is
            <select name="state">
              <option value="">in any state</option>
              {states.map((state) => (
                <option value={state} selected={wanted.get('state') === state}>
                  {stateInWords(state)}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">Look</button>
        </form>
      </details>
      {error !== null && value === null ? <Problem fault={error} /> : null}
      {value === null ? null : <Pages key={path} first={value} path={path} />}
    </section>
  );
}

/** The first page as it is, and the later ones as they were when they were asked for. */
function Pages({ first, path }: { readonly first: RunList; readonly path: string }) {
  const [more, setMore] = useState<readonly RunSummary[]>([]);
  const [later, setLater] = useState<string | null | undefined>(undefined);
  const [fault, setFault] = useState<string | null>(null);
  const next = later === undefined ? first.next : later;
  const seen = new Set(first.runs.map(({ id }) => id));
  const runs = [...first.runs, ...more.filter(({ id }) => !seen.has(id))];
  const show = async () => {
    try {
      const page = await get<RunList>(`${path}&after=${next}`);
      setMore([...more, ...page.runs]);
      setLater(page.next);
      setFault(null);
    } catch (thrown) {
      setFault(thrown instanceof Refused ? thrown.message : String(thrown));
    }
  };
  if (runs.length === 0 && next === null)
    return (
      <p class="empty">
        No run of which you may know. A run shows here with its first call: whatever an agent does through the
        gateway is in one.
      </p>
    );
  return (
    <>
      <ol class="lines runs">
        {runs.map((run) => (
          <li key={run.id}>
            <Link to={`/runs/${run.id}`}>
              <span class="what">
                <b>{run.principal}</b>
                {run.on_behalf_of === null ? '' : ` for ${run.on_behalf_of}`}
              </span>
              <span class="aside">
                {counted(run.calls, 'calls')}
                {run.connections.length === 0 ? '' : ` on ${run.connections.join(', ')}`} ·{' '}
                <When at={run.last_call_at ?? run.created_at} />
              </span>
              <span class="id theirs">{run.run}</span>
              <span class="states">
                {Object.keys(run.states).map((state) => (
                  <StateMark key={state} state={state as keyof typeof run.states} />
                ))}
              </span>
            </Link>
          </li>
        ))}
      </ol>
      {fault === null ? null : <p class="problem">{fault}</p>}
      {next === null ? null : (
        <button type="button" class="quiet" onClick={() => void show()}>
          Show more
        </button>
      )}
    </>
  );
}
