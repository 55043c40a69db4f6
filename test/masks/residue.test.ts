/**
 * Everything beside an answer: the gateway's log, the errors it throws, the approver's card, the record with all that is
 * encrypted in it, the parked run, the SDK's spans. Protected values come by all of these and stay in none.
 */
import { randomBytes } from 'node:crypto';
import { gatewayClient, guardedTool } from '@countersign/agents';
import { createClient } from '@countersign/client';
import type { EventId } from '@countersign/core';
import { type Gateway, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, Runner, setTraceProcessors, setTracingDisabled } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { sql } from 'kysely';
import { canaryIn, formsOf } from './canary.ts';
import { canaries, canaryTexts, protectedColumns, seedOf } from './vault.ts';

const policy = `
version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] }, olivia: { groups: [ops], accounts: ["local:olivia"] } }
connections:
  vault: { protocol: postgres, url: "\${VAULT_URL}" }
  broken: { protocol: postgres, url: "\${BROKEN_URL}" }
rules:
  - { name: read, actions: [read, execute], then: allow }
  - { name: writes, actions: [write], then: { ask: { approvers: [dba] } } }
masks:
  - { columns: [${protectedColumns.join(', ')}], with: redact, filter: allow }
  - { detect: [credit_card], with: redact }
`;

/** Reads that come back masked, and fail over a value; a write that returns one, and one that breaks on a row of them. */
const statements = [
  'select * from people',
  'select to_jsonb(p), upper(ssn) from people p',
  'select ssn::int from people',
  'select tell(ssn) from people',
  'select say(ssn) from people',
  "select json_value(doc, '$.pan' returning int error on error) from people",
  'select peek(1)',
  'select ssn from people where ssn = (select max(ssn) from people)',
  'update people set city = city where id = 1 returning ssn, doc',
  'update people set name = null where id = 1',
  'insert into watched select id, name from people',
];

const forms = formsOf(canaryTexts);
const found = (text: string) => canaryIn(forms, { columns: [], rows: [], words: [text] });

let server: PostgresServer;
let gateway: Gateway;
const log: string[] = [];
const spans: string[] = [];
const thrown: string[] = [];
const cards: string[] = [];
let toldToModel = '';
let parkedState = '';

beforeAll(async () => {
  server = await startPostgres();
  const vault = await server.createDatabase({ seed: seedOf(canaries) });
  const file = parsePolicyFile(policy, {
    file: 'countersign.yaml',
    env: { VAULT_URL: vault.url, BROKEN_URL: vault.url.replace(/:\d+\//, ':1/') },
    directory: '/nonexistent',
  });
  const keep = (fields: object, message: string) =>
    log.push(`${JSON.stringify(fields)} ${String((fields as { err?: unknown }).err)} ${message}`);
  gateway = await startGateway({
    file,
    load: async () => file,
    store: 'memory',
    listen: { host: '127.0.0.1', port: 0 },
    log: { info: keep, warn: keep, error: keep },
  });
  await drive();
}, 120_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

async function drive(): Promise<void> {
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const { token } = await operator.mintToken({ class: 'agent', name: 'curious', owner: 'olivia' });
  const dana = createClient({
    url: gateway.url,
    token: (await operator.mintToken({ class: 'person', name: 'dana' })).token,
  });
  const mine = gatewayClient({ url: gateway.url, token, stateKey: randomBytes(32).toString('base64') });
  setTracingDisabled(false);
  const record = async (what: object) => void spans.push(JSON.stringify(what));
  setTraceProcessors([
    {
      onTraceStart: record,
      onTraceEnd: record,
      onSpanStart: record,
      onSpanEnd: record,
      shutdown: async () => {},
      forceFlush: async () => {},
    },
  ]);
  const calls = statements.map((text, at) =>
    functionCall('vault_query', { sql: text, params: null, purpose: null }, { callId: `call_${at}` }),
  );
  const model = new ScriptedModel([calls, [assistantMessage('done')]]);
  const agent = new Agent({ name: 'Curious', model, tools: [guardedTool({ gateway: mine, sql: 'vault' })] });
  const runner = new Runner({ tracingDisabled: false, traceIncludeSensitiveData: true });
  let result = await runner.run(agent, 'look around');
  await mine.park(result);
  while (mine.pending(result).length > 0) {
    for (const { id, digest } of (await dana.listApprovals()).approvals) {
      cards.push(JSON.stringify(await dana.getApproval(id)));
      await dana.vote(id, { vote: 'approve', digest });
    }
    await mine.applyVotes(result.state);
    parkedState += result.state.toString();
    result = await runner.run(agent, result.state);
  }
  parkedState += result.state.toString();
  toldToModel = JSON.stringify(model.lastCall?.request.input);
  const plain = createClient({ url: gateway.url, token });
  for (const [connection, text] of [
    ['vault', 'select ssn::int from people'],
    ['broken', 'select ssn from people'],
    ['vault', 'select ssn from nowhere'],
    ['vault', 'selec ssn from people'],
  ] as const)
    await plain
      .submitCall({ connection, input: { sql: text }, run: 'r', tool: 't', call: text })
      .then((call) => plain.executeCall(call.id, { input_digest: call.input_digest }))
      .then((answer) => thrown.push(JSON.stringify(answer)))
      .catch((error: Error & { cause?: unknown }) => thrown.push(`${error.stack} ${String(error.cause)}`));
}

test('never 42: the model was told of every statement, and of no protected value', () => {
  expect(toldToModel).toContain('[redacted]');
  expect(statements.map((_, at) => toldToModel.includes(`call_${at}`))).toEqual(statements.map(() => true));
  expect(found(toldToModel)).toBeNull();
});

test('never 42: no span, log line, exception, card or run state holds one', () => {
  expect(spans.filter((span) => span.includes('[redacted]')).length).toBeGreaterThan(0);
  expect(cards.length).toBeGreaterThan(1);
  expect(thrown.length).toBe(4);
  for (const texts of [spans, log, thrown, cards, [parkedState]])
    expect(texts.map(found).find(Boolean)).toBeUndefined();
});

test('never 42: the store holds none, neither as it lies there nor once its contents are opened', async () => {
  const { store, ledger } = gateway.engine;
  await ledger.settled();
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'`.execute(store.db);
  expect(tables.rows.length).toBeGreaterThan(5);
  for (const { name } of tables.rows) {
    const dump = await sql<{ row: string }>`select t::text as row from ${sql.id(name)} t`.execute(store.db);
    // Bytes are printed in hex, which is one of the forms that are looked for.
    expect(found(dump.rows.map(({ row }) => row).join('\n'))).toBeNull();
  }
  const contents = await sql<{
    event_id: EventId;
    name: string;
  }>`select event_id, name from contents`.execute(store.db);
  const opened = await Promise.all(contents.rows.map(({ event_id, name }) => ledger.open(event_id, name)));
  const texts = opened.map((one) => one?.content ?? '');
  expect(texts.filter((text) => text.includes('[redacted]')).length).toBeGreaterThan(2);
  expect(texts.map(found).find(Boolean)).toBeUndefined();
  let exported = '';
  for await (const line of ledger.export({ after: -1, limit: 10_000 })) exported += line;
  expect(exported.length).toBeGreaterThan(1000);
  expect(found(exported)).toBeNull();
});
