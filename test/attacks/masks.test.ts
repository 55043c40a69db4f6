/**
 * Two databases that differ in nothing but protected values, asked the same: whatever the statement, the agent can't
 * tell one from the other. Values are masked before they come to a store, so that one kind of store is enough here.
 */
import { type Client, createClient } from '@countersign/client';
import { type Gateway, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const policy = `
version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections:
  one: { protocol: postgres, url: "\${ONE_URL}" }
  two: { protocol: postgres, url: "\${TWO_URL}" }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: join, actions: [write.insert], resources: ["table:public.members"], then: allow }
  - { name: design, actions: [schema, execute], resources: ["table:public.drafts", "function:public.peek(*"], then: allow }
masks:
  - { columns: ["*.*.ssn", "*.*.score", "*.*.doc", public.letters.body], with: redact }
limits: { rows: 1000, bytes: 100KB, timeout: 5s }
`;

const seed = (ssn: string, score: number, doc: string) => `
create table customers (id int primary key, name text not null, ssn text not null, score int not null, doc jsonb not null);
insert into customers values (1, 'ann', '${ssn}', ${score}, '${doc}'), (2, 'bob', 'b${ssn}', ${score + 1}, '{}');
create table members (id int, ssn text unique);
insert into members values (1, '${ssn}');
create function peek(int) returns text language sql stable as $$ select ssn from customers where id = $1 $$;
create table drafts (id int);
insert into drafts values (1);
create table outlaws (ssn text constraint known check (ssn <> '${ssn}'));
create table letters (id int, body text);
insert into letters select 1, repeat('x', case when '${ssn}' = '9' then 20000000 else 10 end);
create table shelved as select id, ssn from (values (1, '${ssn}'), (2, '5')) v (id, ssn) order by ssn;
create domain small as int check (value < 10);
analyze`;

let server: PostgresServer;
let gateway: Gateway;
let agent: Client;

beforeAll(async () => {
  server = await startPostgres();
  const one = await server.createDatabase({ seed: seed('123-45-6789', 3, '{"k":"secret-1","n":[1,2]}') });
  const two = await server.createDatabase({ seed: seed('9', 70, '{"z":"secret-2"}') });
  const env = { ONE_URL: one.url, TWO_URL: two.url };
  const file = parsePolicyFile(policy, { file: 'countersign.yaml', env, directory: '/nonexistent' });
  gateway = await startGateway({
    file,
    load: async () => file,
    store: 'memory',
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
  });
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const { token } = await operator.mintToken({ class: 'agent', name: 'curious', owner: 'dana' });
  agent = createClient({ url: gateway.url, token });
}, 60_000);

afterAll(async () => {
  await gateway.close();
  await server.stop();
});

let calls = 0;

/** All that an agent gets to know. */
async function answerOf(connection: string, sql: string) {
  const key = { run: 'r', tool: 't', call: `c${++calls}` };
  const call = await agent.submitCall({ connection, input: { sql }, ...key });
  if (call.state !== 'allowed') return { code: call.code, reason: call.reason };
  const { outcome, result, error } = await agent.executeCall(call.id, { input_digest: call.input_digest });
  return { outcome, result, error };
}

test('what can not tell anything comes back masked, and not refused', async () => {
  const sql = `select id, ssn, upper(ssn), left(ssn, 3), ssn || name, ssn = 'x', coalesce(ssn, '-'), doc ->> 'k', score::text
    from customers where id = 1`;
  const hidden = Array.from({ length: 8 }, () => '[redacted]');
  expect(await answerOf('one', sql)).toMatchObject({
    outcome: 'succeeded',
    result: { rows: [['1', ...hidden]] },
  });
});

describe('never 39: no statement tells what a masked value is', () => {
  test.each([
    // Whether an expression is null.
    "select id, nullif(ssn, '123-45-6789') from customers",
    'select case when score < 10 then name end from customers',
    "select doc -> 'k' from customers",
    'select (select name from customers where id = 1 and score = 3)',
    // How large what is hidden is: it shows in where the result ends.
    'select id, repeat(name, score * 300) from customers',
    "select id, case when score < 10 then repeat('x', 150000) end from customers",
    'select id, lpad(ssn, score * 1000) from customers',
    // Whether it fails, or takes its time.
    'select 1 / (score - 3) from customers',
    'select score::small from customers',
    'select ssn::int from customers',
    "select case when ssn like '1%' then 1 / 0 end from customers",
    "select ssn like '1%' and 1 / (id - 1) = 0 from customers",
    "select coalesce(doc ->> 'k', (1 / 0)::text) from customers",
    "select name ~ ('(' || ssn) from customers",
    "select json_value(doc, '$.k' returning int error on error) from customers",
    'select array[array[score], array[1, 2]] from customers',
    // How many rows there are of it.
    'select id, generate_series(1, length(ssn)) from customers',
    'select id, jsonb_object_keys(doc) from customers',
    // What is planned.
    'explain select ssn from customers',
    'explain (analyze, timing off, summary off, buffers off) select c from customers c',
  ])('%s', async (sql) => {
    const [one, two] = [await answerOf('one', sql), await answerOf('two', sql)];
    expect(one).toEqual(two);
    expect(JSON.stringify(one)).not.toMatch(/123-45|secret-/);
  });
});

test('a limit: a protected value is at work, in its time and its size, before it is hidden', async () => {
  const large = "select upper(ssn), md5(ssn), regexp_replace(ssn, '.', 'xx', 'g') from customers";
  expect(await answerOf('one', large)).toMatchObject({ outcome: 'succeeded' });
  expect(await answerOf('one', large)).toEqual(await answerOf('two', large));
});

test('a limit: rows that were stored in the order of a protected value come in it', async () => {
  const sql = 'select id, ssn from shelved';
  const rows = (...ids: readonly string[]) => ({ result: { rows: ids.map((id) => [id, '[redacted]']) } });
  expect(await answerOf('one', sql)).toMatchObject(rows('1', '2'));
  expect(await answerOf('two', sql)).toMatchObject(rows('2', '1'));
});

test('a limit: that a row with a protected value does not fit through the wire is told', async () => {
  const sql = 'select id, body from letters';
  expect(await answerOf('one', sql)).toMatchObject({ result: { rows: [['1', '[redacted]']] } });
  expect(await answerOf('two', sql)).toMatchObject({ error: { code: 'result_too_large' } });
});

test('a limit: a value that stands in the schema is shown with it', async () => {
  const sql = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'known'";
  expect(await answerOf('one', sql)).toMatchObject({
    result: { rows: [["CHECK ((ssn <> '123-45-6789'::text))"]] },
  });
});

test('a limit: who may insert can confirm a guess of a protected value that has to be unique', async () => {
  const sql = "insert into members values (2, '123-45-6789') on conflict do nothing";
  expect(await answerOf('one', sql)).toMatchObject({ outcome: 'succeeded', result: { affected: 0 } });
  expect(await answerOf('two', sql)).toMatchObject({ outcome: 'succeeded', result: { affected: 1 } });
});

test('a limit: who may change a table and call a function has that function fill a column with what masks hide', async () => {
  await answerOf('one', 'alter table drafts add column copied text default peek(1)');
  expect(await answerOf('one', 'select copied from drafts')).toMatchObject({
    result: { rows: [['123-45-6789']] },
  });
});
