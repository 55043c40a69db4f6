/** An HTTP call from the agent to the server and back, judged by the server's own log. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credential, openRoad, type Road } from './road.ts';
import { json } from './target.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad();
}, 60_000);
afterAll(() => road.close());

describe('a read', () => {
  test('reaches the origin with the connection’s credential, and comes back with status, headers and body', async () => {
    road.target.answer(json({ id: 42, total: 19.99 }));
    const result = await road.result({
      method: 'GET',
      path: '/v1/invoices/42?expand=lines',
      headers: [['Accept', 'application/json']],
    });
    expect(result).toMatchObject({ status: 200, body: '{"id":42,"total":19.99}', truncated: false });
    expect(result.headers).toContainEqual(['content-type', 'application/json']);
    const [arrived, ...more] = road.target.taken();
    expect(more).toEqual([]);
    expect(arrived).toMatchObject({ method: 'GET', url: '/v1/invoices/42?expand=lines', body: '' });
    expect(arrived?.headers).toMatchObject({
      authorization: `Bearer ${credential}`,
      accept: 'application/json',
      host: new URL(road.target.url).host,
    });
  });

  test('that the server refuses brings back the refusal', async () => {
    road.target.answer(json({ error: 'no such invoice' }, 404));
    await expect(road.result({ method: 'GET', path: '/v1/invoices/43' })).resolves.toMatchObject({
      status: 404,
      body: '{"error":"no such invoice"}',
    });
  });
});

describe('a write', () => {
  test('that policy allows is sent once, with the body as it was written', async () => {
    road.target.answer(json({ ok: true }, 201));
    road.target.taken();
    const text = '{ "text": "für Zoë",\n  "n": 12345678901234567890 }';
    const result = await road.result({ method: 'POST', path: '/v1/notes', body: text });
    expect(result.status).toBe(201);
    const arrived = road.target.taken();
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({ method: 'POST', url: '/v1/notes', body: text });
    expect(arrived[0]?.headers['content-type']).toBe('application/json');
  });

  test('never 28: waits for a person who sees the request whole, and is sent after the vote', async () => {
    road.target.answer(json({ ok: true }));
    const call = await road.submit({
      method: 'PUT',
      path: '/v1/invoices/42?notify=1',
      headers: [['If-Match', '"7"']],
      body: '{"total":20}',
    });
    expect(call.state).toBe('waiting');
    expect(road.target.taken()).toEqual([]);
    const { preview } = await road.card(call);
    expect(preview.input).toEqual([
      { label: 'request', text: 'PUT /v1/invoices/42?notify=1' },
      { label: 'headers', text: 'if-match: "7"\ncontent-type: application/json' },
      { label: 'body', text: '{"total":20}' },
    ]);
    expect(preview.effects).toEqual([{ action: 'write', resource: 'http:/v1/invoices/42' }]);
    expect(preview.words).toEqual(['changes /v1/invoices/42']);
    expect(JSON.stringify(preview)).not.toContain(credential);
    expect(preview.notes.join()).toContain('with the connection’s credential (bearer)');
    await road.approve(call);
    await expect(road.execute(call)).resolves.toMatchObject({ outcome: 'succeeded' });
    expect(road.target.taken()).toMatchObject([
      { method: 'PUT', url: '/v1/invoices/42?notify=1', body: '{"total":20}' },
    ]);
  });
});

test('the card of GraphQL names operations and their fields, and the rest of the document stands below', async () => {
  const query =
    'query Look { invoice(id: 1) { total } } mutation Pay { p: payInvoice(id: 1) { ...F } note } fragment F on I { total }';
  const call = await road.submit({
    method: 'POST',
    path: '/graphql',
    body: JSON.stringify({ query, operationName: 'Pay' }),
  });
  const { preview } = await road.card(call);
  expect(preview.words).toEqual(['changes /graphql (mutation Pay: payInvoice, note)']);
  expect(preview.effects).toEqual([{ action: 'write', resource: 'http:/graphql' }]);
  expect(preview.input.at(-1)?.text).toContain('fragment F on I');
});

test('what a rule forbids never reaches the server, in any spelling of its path', async () => {
  for (const path of ['/v1/admin', '/v1/admin/', '/v1/%61dmin', '/v1/admin/users', '/v1/admi%6E?x=1']) {
    const call = await road.submit({ method: 'GET', path });
    expect([path, call.state, call.code]).toEqual([path, 'denied', 'denied_by_rule']);
  }
  expect(road.target.taken()).toEqual([]);
});
