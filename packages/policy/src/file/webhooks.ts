/** `webhooks:` who is told of what waits and of what was decided. */
import { type WebhookConfig, webhookEvents } from '../policy.ts';
import { addressRange } from './connections.ts';
import { secureUrl } from './issuers.ts';
import { checkName } from './people.ts';
import { described, list, object, oneOf, type Read, reader, record } from './read.ts';
import { type Environment, type Surroundings, secret } from './variables.ts';

/** `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks writes a key. */
function keyReader(env: Environment): Read<string> {
  const read = secret(env, 'the secret of a webhook');
  return reader(read.schema, (tree, report) => {
    const text = read(tree, report);
    if (text === undefined) return undefined;
    const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
    const bytes = Buffer.from(base64, 'base64').length;
    if (bytes >= 24 && bytes <= 64) return base64;
    report.problem(tree.at, 'the variable holds no secret of a webhook', {
      expected: 'whsec_ and 24 to 64 random bytes in base64',
    });
    return undefined;
  });
}

export function webhooksReader({ env }: Surroundings): Read<ReadonlyMap<string, WebhookConfig>> {
  const url = secureUrl(env, 'the address of a webhook, https://…');
  const read = object(
    'a webhook',
    {
      url: described(
        url,
        'Where it is told: https, or http on this machine. One that is itself a secret comes from a variable.',
      ),
      secret: described(
        keyReader(env),
        'What its messages are signed with, as in `${CHAT_WEBHOOK_SECRET}`: `whsec_` and random bytes in base64.',
      ),
      events: described(
        list('events', oneOf(webhookEvents)),
        'What it is told: that people are `asked`, `reminded`, that a call is `decided`, that something was `stopped`, that the second wall had to hold (`incident`). Left out: all of it.',
      ),
      allow_addresses: described(
        list('addresses', addressRange),
        'Addresses that its name may lead to, where they are private.',
      ),
    },
    ['url', 'secret'],
  );
  return record('webhooks', read.schema, (name, at, value, report) => {
    const named = checkName('a webhook', name, at, report);
    const hook = read(value, report);
    if (!named || hook?.url === undefined || hook.secret === undefined) return undefined;
    return {
      name,
      url: hook.url.href,
      secret: hook.secret,
      events: [...new Set(hook.events ?? webhookEvents)],
      allowAddresses: hook.allow_addresses ?? [],
    };
  });
}
