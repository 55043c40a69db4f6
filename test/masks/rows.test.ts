/** A result as lines of JSON over HTTP: masked like any other, read as fast as it is taken, and not kept. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, rules, startHarness, submit } from '../gateway/harness.ts';

const policy = rules
  .replace(
    'labels: { env: production } }',
    'labels: { env: production }, limits: { rows: 1000000, bytes: 1GB, timeout: 2m } }',
  )
  .concat('masks:\n  - { columns: [public.accounts.email], with: redact }\n');

let harness: Harness;
let token: string;
let agent: Awaited<ReturnType<Harness['mint']>>['client'];

beforeAll(async () => {
  harness = await startHarness({ policy });
  ({ token, client: agent } = await harness.mint({ class: 'agent', name: 'reader', owner: 'olivia' }));
});
afterAll(() => harness.close());

const ask = (id: string, digest: string, as = token, signal: AbortSignal | null = null) =>
  fetch(`${harness.url}/v1/calls/${id}/rows`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
    body: JSON.stringify({ input_digest: digest }),
    signal,
  });

async function linesOf(response: Response): Promise<readonly unknown[]> {
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const sessions = async () =>
  (
    await harness.observer.query<{ state: string }>(
      "select state from pg_stat_activity where application_name = 'countersign' and datname = current_database()",
    )
  ).rows;

test('its columns, each row masked, and what became of it', async () => {
  const call = await submit(agent, 'select id, email from accounts order by id');
  const response = await ask(call.id, call.input_digest);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const lines = await linesOf(response);
  expect(lines).toHaveLength(52);
  expect(lines.slice(0, 3)).toEqual([{ columns: ['id', 'email'] }, ['1', '[redacted]'], ['2', '[redacted]']]);
  expect(lines.at(-1)).toMatchObject({ outcome: 'succeeded', result: { rows: [], truncated: false } });
});

test('the client gives them one by one, and last the answer', async () => {
  const call = await submit(agent, 'select id, email from accounts order by id');
  const heard = [];
  for await (const part of agent.streamCall(call.id, { input_digest: call.input_digest })) heard.push(part);
  expect(heard).toHaveLength(52);
  expect(heard.slice(0, 2)).toEqual([
    { kind: 'columns', columns: ['id', 'email'] },
    { kind: 'row', row: ['1', '[redacted]'] },
  ]);
  expect(heard.at(-1)).toMatchObject({ kind: 'answer', answer: { outcome: 'succeeded' } });
});

test('who stops reading ends the call; who may not read is told why', async () => {
  const call = await submit(agent, "select i, repeat('x', 1000) from generate_series(1, 900000) i");
  for await (const { kind } of agent.streamCall(call.id, { input_digest: call.input_digest }))
    if (kind === 'row') break;
  let view = await agent.getCall(call.id);
  while (view.state === 'claimed') view = await agent.getCall(call.id);
  expect(view.state).toBe('failed');
  const other = await harness.mint({ class: 'agent', name: 'another', owner: 'olivia' });
  const refused = other.client.streamCall(call.id, { input_digest: call.input_digest }).next();
  await expect(refused).rejects.toMatchObject({ code: 'not_found' });
});

test('it is not kept: asked again, it is said to be gone', async () => {
  const call = await submit(agent, 'select id, email from accounts where id < 3');
  await linesOf(await ask(call.id, call.input_digest));
  expect(await linesOf(await ask(call.id, call.input_digest))).toMatchObject([
    { outcome: 'succeeded', result: null, error: { code: 'result_expired' } },
  ]);
  expect(await agent.executeCall(call.id, { input_digest: call.input_digest })).toMatchObject({
    error: { code: 'result_expired' },
  });
});

test('what does not run says so in its one line; what may not be asked, by its status', async () => {
  const denied = await submit(agent, 'drop table accounts');
  expect(await linesOf(await ask(denied.id, denied.input_digest))).toMatchObject([
    { outcome: 'not_executed', error: { code: 'denied_by_rule' } },
  ]);
  const call = await submit(agent, 'select 1 / (id - 1) from accounts');
  const other = await harness.mint({ class: 'agent', name: 'other', owner: 'olivia' });
  expect((await ask(call.id, call.input_digest, other.token)).status).toBe(404);
  expect((await ask(call.id, denied.input_digest)).status).toBe(409);
  expect(await linesOf(await ask(call.id, call.input_digest))).toMatchObject([
    { outcome: 'failed', error: { code: 'target_error' } },
  ]);
});

test('a write comes whole in its last line', async () => {
  const call = await submit(agent, "insert into notes (body) values ('x') returning body");
  expect(await linesOf(await ask(call.id, call.input_digest))).toMatchObject([
    { outcome: 'succeeded', result: { rows: [['x']], affected: 1 } },
  ]);
});

test('a client that goes away ends the call, and the backend with it', async () => {
  const call = await submit(agent, "select i, repeat('x', 1000) from generate_series(1, 900000) i");
  const away = new AbortController();
  const response = await ask(call.id, call.input_digest, token, away.signal);
  const reader = response.body?.getReader();
  await reader?.read();
  away.abort();
  const look = async () => (await agent.getCall(call.id)).state;
  while ((await look()) === 'claimed') await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await look()).toBe('failed');
  expect((await sessions()).every(({ state }) => state === 'idle')).toBe(true);
});

test('half a million rows pass a gateway that holds few of them', async () => {
  const call = await submit(agent, "select i, 'row ' || i from generate_series(1, 500000) i");
  const before = process.memoryUsage().rss;
  const response = await ask(call.id, call.input_digest);
  let [bytes, most] = [0, 0];
  let last = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    last = (last + decoder.decode(chunk)).slice(-2000);
    most = Math.max(most, process.memoryUsage().rss);
  }
  expect(last).toContain('["500000","row 500000"]');
  expect(last).toContain('"outcome":"succeeded"');
  expect(bytes).toBeGreaterThan(10_000_000);
  // The gateway and its client share this process.
  expect(most - before).toBeLessThan(150_000_000);
}, 120_000);
