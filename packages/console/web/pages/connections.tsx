/** What there is to reach, whether it answers, and which rules lead there. */
import type { ConnectionDetail, ConnectionDetails, RuleView } from '@countersign/core';
import { When } from '../card/clock.tsx';
import { useResource } from '../resource.ts';
import { Problem } from './problem.tsx';

export function Connections() {
  const { value, error } = useResource<ConnectionDetails>('/v1/connections', { live: true });
  if (value === null) return error === null ? null : <Problem fault={error} />;
  return (
    <section class="page">
      <h1>Connections</h1>
      {value.connections.length === 0 ? (
        <p class="empty">
          There is no connection of which you may know. Under <code>connections</code> the policy says what
          agents can reach, and with which credentials, which stay with the gateway.
        </p>
      ) : (
        <ul class="boxes">
          {value.connections.map((connection) => (
            <li key={connection.name}>
              <Connection connection={connection} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const health = {
  up: ['answers', 'good'],
  down: ['does not answer', 'bad'],
  unknown: ['not looked at yet', 'calm'],
} as const;

function Connection({
  connection: { name, protocol, labels, health: seen, rules },
}: {
  readonly connection: ConnectionDetail;
}) {
  const [word, tone] = health[seen.state];
  return (
    <article>
      <h2>
        {name} <span class={`state ${tone}`}>{word}</span>
      </h2>
      <p class="aside">
        {protocol}
        {Object.entries(labels).map(([key, value]) => ` · ${key} ${value}`)}
        {seen.at === null ? null : (
          <>
            {' '}
            · looked at <When at={seen.at} />
          </>
        )}
        {seen.code === null ? null : (
          <>
            {' '}
            · <code>{seen.code}</code>
          </>
        )}
      </p>
      {rules === null ? (
        <p class="aside">Which rules lead here is shown to auditors and operators.</p>
      ) : rules.length === 0 ? (
        <p class="aside">No rule speaks of it: every call to it is denied.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={`Rules for ${name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">May</th>
                <th scope="col">To</th>
                <th scope="col">Decision</th>
                <th scope="col">Rule</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <tr key={rule.name}>
                  <td>{who(rule)}</td>
                  <td>{rule.actions?.join(', ') ?? 'anything'}</td>
                  <td>{rule.resources?.join(', ') ?? 'everything'}</td>
                  <td>
                    <Verdict rule={rule} />
                  </td>
                  <td>{rule.name}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </article>
  );
}

function who({ groups, principals }: RuleView): string {
  const named = [...(principals ?? []), ...(groups ?? []).map((group) => `group ${group}`)];
  return groups === null && principals === null ? 'everyone' : named.join(', ');
}

function Verdict({ rule: { verdict, approvers } }: { readonly rule: RuleView }) {
  const tone = { allow: 'good', ask: 'wait', deny: 'bad' }[verdict];
  return (
    <span class={`state ${tone}`}>
      {verdict}
      {approvers.length === 0 ? '' : ` ${approvers.join(' or ')}`}
    </span>
  );
}
