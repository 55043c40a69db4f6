/** What `docs/limits.md` admits of HTTP, pinned. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { credential, openRoad, policy, type Road } from './road.ts';
import { json } from './target.ts';

const masks = 'limits: { timeout: 1s }\nmasks: [{ json_paths: ["$..iban"], with: redact }]\n';

let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('', masks));
}, 60_000);
afterAll(() => road.close());

test('what a body or a query says makes no other effect', async () => {
  const body = '{"find":"invoices"}';
  await expect(road.submit({ method: 'POST', path: '/v1/search', body })).resolves.toMatchObject({
    state: 'waiting',
  });
  await expect(road.submit({ method: 'GET', path: '/v1/invoices?action=delete' })).resolves.toMatchObject({
    state: 'allowed',
  });
});

test('a rule for a path does not hold for another case or an ending of it', async () => {
  for (const path of ['/v1/ADMIN', '/v1/admin.json'])
    await expect(road.submit({ method: 'GET', path })).resolves.toMatchObject({ state: 'allowed' });
});

test('a value under another name is not what a path leads to', async () => {
  road.target.answer(json({ iban: 'CH93', account: 'CH93' }));
  const { body } = await road.result({ method: 'GET', path: '/v1/x?fields=account:iban' });
  expect(body).toBe('{"iban":"[redacted]","account":"CH93"}');
});

test('what GraphQL answers about is judged by the kind of its operation, not by its fields', async () => {
  const body = '{"query":"{ salaries { amount } }"}';
  await expect(road.submit({ method: 'POST', path: '/graphql', body })).resolves.toMatchObject({
    state: 'allowed',
  });
});

test('a stream without an end has timed out', async () => {
  road.target.answer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
  });
  await expect(road.run({ method: 'GET', path: '/v1/events' })).resolves.toMatchObject({
    outcome: 'failed',
    error: { code: 'timed_out' },
  });
});

test('a credential that a server spells in a way of its own comes back', async () => {
  const reversed = Array.from(credential).toReversed().join('');
  road.target.answer(json({ a: reversed }));
  await expect(road.result({ method: 'GET', path: '/v1/x' })).resolves.toMatchObject({
    body: `{"a":"${reversed}"}`,
  });
});
