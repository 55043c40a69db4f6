/** The kill switch: what it stops, and lifting it. It outranks every consent already given. */
import type { ConnectionDetails, StopList, StopRequest, StopView } from '@countersign/core';
import { useState } from 'preact/hooks';
import { When } from '../card/clock.tsx';
import { del, post, Refused } from '../gateway.ts';
import { useResource } from '../resource.ts';
import { Problem } from './problem.tsx';

export function Stop() {
  const { value, error, reload } = useResource<StopList>('/v1/stops', { live: true });
  if (value === null) return error === null ? null : <Problem fault={error} />;
  const inForce = value.stops.filter(({ lifted_at }) => lifted_at === null);
  const lifted = value.stops.filter(({ lifted_at }) => lifted_at !== null).slice(0, 20);
  return (
    <section class="page">
      <h1>Stop</h1>
      {inForce.length === 0 ? (
        <p class="empty">
          Nothing is stopped. A stop cancels what waits and what was approved, ends what runs and rolls it
          back where its target can, and refuses what comes, within a second and until it is lifted. What it
          cancelled stays cancelled.
        </p>
      ) : (
        <ul class="boxes">
          {inForce.map((stop) => (
            <li key={stop.id}>
              <InForce stop={stop} onLifted={reload} />
            </li>
          ))}
        </ul>
      )}
      <NewStop onMade={reload} />
      {lifted.length === 0 ? null : (
        <section aria-labelledby="lifted">
          <h2 id="lifted">Lifted</h2>
          <ol class="lines">
            {lifted.map((stop) => (
              <li key={stop.id}>
                <span class="what">{scopeInWords(stop.scope)}</span>
                <span class="aside">
                  by {stop.by}, <When at={stop.created_at} />
                  {stop.reason === null ? '' : `: ${stop.reason}`}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </section>
  );
}

function scopeInWords(scope: StopView['scope']): string {
  switch (scope.kind) {
    case 'all':
      return 'Everything';
    case 'principal':
      return `Everything of ${scope.principal}`;
    case 'connection':
      return `Everything on ${scope.connection}`;
  }
}

const said = (thrown: unknown): string => (thrown instanceof Refused ? thrown.message : String(thrown));

function InForce({ stop, onLifted }: { readonly stop: StopView; readonly onLifted: () => void }) {
  const [sure, setSure] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const lift = async () => {
    try {
      await del(`/v1/stops/${stop.id}`);
      onLifted();
    } catch (thrown) {
      setFault(said(thrown));
    }
  };
  return (
    <article class="stopped">
      <h2>{scopeInWords(stop.scope)} is stopped</h2>
      <p class="aside">
        by {stop.by}, <When at={stop.created_at} />
      </p>
      {stop.reason === null ? null : <blockquote>{stop.reason}</blockquote>}
      {fault === null ? null : (
        <p class="problem" role="alert">
          {fault}
        </p>
      )}
      {sure ? (
        <div class="ways">
          <button type="button" class="quiet" onClick={() => setSure(false)}>
            Back
          </button>
          <button type="button" onClick={() => void lift()}>
            Yes, let it go on
          </button>
        </div>
      ) : (
        <button type="button" class="quiet" onClick={() => setSure(true)}>
          Lift
        </button>
      )}
    </article>
  );
}

function NewStop({ onMade }: { readonly onMade: () => void }) {
  const connections = useResource<ConnectionDetails>('/v1/connections').value?.connections ?? [];
  const [kind, setKind] = useState<'all' | 'principal' | 'connection'>('all');
  const [principal, setPrincipal] = useState('');
  const [chosen, setChosen] = useState('');
  const [reason, setReason] = useState('');
  const [sure, setSure] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const connection = chosen === '' ? (connections[0]?.name ?? '') : chosen;
  const scope: StopRequest['scope'] =
    kind === 'all'
      ? { kind }
      : kind === 'principal'
        ? { kind, principal: principal.trim() }
        : { kind, connection };
  const stop = async () => {
    try {
      const text = reason.trim();
      await post('/v1/stops', { scope, ...(text === '' ? {} : { reason: text }) } satisfies StopRequest);
      setReason('');
      setFault(null);
      onMade();
    } catch (thrown) {
      setFault(said(thrown));
    } finally {
      setSure(false);
    }
  };
  return (
    <section aria-labelledby="new-stop">
      <h2 id="new-stop">Stop agents</h2>
      <form
        class="stop-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (sure) void stop();
          else setSure(true);
        }}
      >
        <div class="filter">
          <label>
            What
            <select
              onChange={(event) => {
                setKind(event.currentTarget.value as typeof kind);
                setSure(false);
              }}
            >
              <option value="all">everything</option>
              <option value="principal">one principal</option>
              <option value="connection">one connection</option>
            </select>
          </label>
          {kind === 'principal' ? (
            <label>
              Principal
              <input
                required
                maxLength={100}
                placeholder="agent:support"
                value={principal}
                onInput={(event) => setPrincipal(event.currentTarget.value)}
              />
            </label>
          ) : null}
          {kind === 'connection' ? (
            <label>
              Connection
              <select onChange={(event) => setChosen(event.currentTarget.value)}>
                {connections.map(({ name }) => (
                  <option value={name} selected={name === connection}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          ) : null}
        </div>
        <label>
          Why (optional, kept in the record)
          <input maxLength={1000} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {fault === null ? null : (
          <p class="problem" role="alert">
            {fault}
          </p>
        )}
        <div class="ways">
          {sure ? (
            <button type="button" class="quiet" onClick={() => setSure(false)}>
              Back
            </button>
          ) : null}
          <button type="submit" class="reject">
            {sure ? `Yes, stop ${scopeInWords(scope).replace('Everything', 'everything')}` : 'Stop'}
          </button>
        </div>
      </form>
    </section>
  );
}
