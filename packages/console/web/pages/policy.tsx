/** The policy in force: the file, how often each rule decided, and what it would say to a call. */
import type { ConnectionDetails, PolicyView, TryRequest, TryView } from '@countersign/core';
import { useState } from 'preact/hooks';
import { When } from '../card/clock.tsx';
import { Facts } from '../card/facts.tsx';
import { post, Refused } from '../gateway.ts';
import { useResource } from '../resource.ts';
import { has, useSession } from '../session.tsx';
import { counted, number } from '../words.ts';
import { Problem } from './problem.tsx';

export function Policy() {
  const session = useSession();
  const { value, error, set } = useResource<PolicyView>('/v1/policy', { live: true });
  if (value === null) return error === null ? null : <Problem fault={error} />;
  return (
    <section class="page">
      <h1>Policy</h1>
      <p class="much">
        <span>
          In force since <When at={value.loaded_at} />, version <code class="id">{value.version}</code>
        </span>
      </p>
      {value.warnings.length === 0 ? null : (
        <ul class="notes">
          {value.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {has(session, 'operator') ? <Reload onLoaded={set} /> : null}
      <Try />
      <Matched policy={value} />
      <section aria-labelledby="file">
        <h2 id="file">The file</h2>
        <pre class="file" tabIndex={0} role="region" aria-label="The policy file">
          {value.text}
        </pre>
      </section>
    </section>
  );
}

function Reload({ onLoaded }: { readonly onLoaded: (policy: PolicyView) => void }) {
  const [said, setSaid] = useState<{ readonly bad: boolean; readonly text: string } | null>(null);
  const load = async () => {
    try {
      onLoaded(await post<PolicyView>('/v1/policy/reload'));
      setSaid({ bad: false, text: 'Read again.' });
    } catch (thrown) {
      setSaid({ bad: true, text: thrown instanceof Refused ? thrown.message : String(thrown) });
    }
  };
  return (
    <div class="row">
      <button type="button" class="quiet" onClick={() => void load()}>
        Read the file again
      </button>
      {said === null ? null : (
        <p class={said.bad ? 'problem' : 'aside'} role="status">
          {said.text}
        </p>
      )}
    </div>
  );
}

function Matched({ policy: { matched, matched_since, rules } }: { readonly policy: PolicyView }) {
  const times = new Map(matched.map((one) => [one.rule, one]));
  const names = [...new Set([...rules, ...matched.map(({ rule }) => rule)])];
  return (
    <section aria-labelledby="matched">
      <h2 id="matched">How often each rule decided</h2>
      <p class="aside">
        Calls sent to this gateway, counted since it was started <When at={matched_since} />.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col" class="number">
              Times
            </th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const found = times.get(name);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{number(found?.times ?? 0)}</td>
                <td>{found?.last == null ? 'never' : <When at={found.last} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Reads what was typed as the connection's protocol takes it: SQL, `GET /v1/x`, or a kubectl command line. */
function inputOf(protocol: string, text: string): TryRequest['input'] {
  if (protocol === 'http') {
    const [line = '', ...rest] = text.split('\n');
    const [method = 'GET', path = '/'] = line.trim().split(/\s+/);
    const body = rest.join('\n').trim();
    return { method, path, ...(body === '' ? {} : { body }) };
  }
  if (protocol === 'kubernetes')
    return {
      argv: text
        .trim()
        .replace(/^kubectl\s+/, '')
        .split(/\s+/),
    };
  return { sql: text };
}

const examples: Readonly<Record<string, string>> = {
  postgres: "UPDATE orders SET status = 'refunded' WHERE id = 1042",
  http: 'GET /v1/invoices/42',
  kubernetes: 'kubectl get pods -n shop',
};

function Try() {
  const connections = useResource<ConnectionDetails>('/v1/connections').value?.connections ?? [];
  const [chosen, setChosen] = useState('');
  const [text, setText] = useState('');
  const [name, setName] = useState('support');
  const [groups, setGroups] = useState('agents');
  const [found, setFound] = useState<TryView | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const connection = connections.find(({ name }) => name === chosen) ?? connections[0];
  const send = async () => {
    if (connection === undefined) return;
    try {
      const wanted: TryRequest = {
        connection: connection.name,
        input: inputOf(connection.protocol, text),
        as: { name: name.trim(), groups: groups.split(/[\s,]+/).filter((group) => group !== '') },
      };
      setFound(await post<TryView>('/v1/policy/try', wanted));
      setFault(null);
    } catch (thrown) {
      setFound(null);
      setFault(thrown instanceof Refused ? thrown.message : String(thrown));
    }
  };
  return (
    <section aria-labelledby="try">
      <h2 id="try">What would it say?</h2>
      <form
        class="try"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div class="filter">
          <label>
            Connection
            <select onChange={(event) => setChosen(event.currentTarget.value)}>
              {connections.map(({ name }) => (
                <option value={name} selected={name === connection?.name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            As the agent
            <input
              value={name}
              required
              maxLength={100}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
          <label>
            In the groups
            <input value={groups} maxLength={500} onInput={(event) => setGroups(event.currentTarget.value)} />
          </label>
        </div>
        <label>
          What it would send; nothing is run
          <textarea
            class="code"
            rows={3}
            required
            spellcheck={false}
            placeholder={examples[connection?.protocol ?? 'postgres']}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Try it</button>
      </form>
      <div role="status">
        {fault === null ? null : <p class="problem">{fault}</p>}
        {found === null ? null : <Answer found={found} />}
      </div>
    </section>
  );
}

function Answer({ found }: { readonly found: TryView }) {
  const tone = { allow: 'good', ask: 'wait', deny: 'bad' }[found.decision];
  return (
    <>
      <p class="much">
        <span class={`state ${tone}`}>{found.decision}</span>{' '}
        {found.detail === '' ? found.reason : found.detail}
      </p>
      <Facts
        facts={[
          [
            'Effects',
            found.effects.map(
              ({ action, resource, via }) =>
                `${action} ${resource}${via === undefined ? '' : ` (via ${via})`}`,
            ),
          ],
          ['Rules', found.rules.map((rule) => `“${rule}”`)],
          ['Masks', found.masks],
          [
            'Asks',
            found.asks.map(
              ({ approvers, votes }) => `${counted(votes, 'votes')} from ${approvers.join(' or ')}`,
            ),
          ],
          ['Code', [<code>{found.code}</code>]],
        ]}
      />
    </>
  );
}
