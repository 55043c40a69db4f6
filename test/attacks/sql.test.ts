/** What a statement may do is judged before it comes to a store, so that one kind of store is enough here. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Harness, rules, startHarness, submit } from '../gateway/harness.ts';

const policy = `${rules.replace('{ name: no schema, actions: [schema, admin], then: deny', '{ name: schema, actions: [schema], then: allow }\n  - { name: no admin, actions: [admin], then: deny')}
masks:
  - { columns: [public.accounts.email, public.regions.code], with: redact }`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ policy });
  await harness.observer.query(`
    create function checked(int) returns boolean language plpgsql as $$ begin return $1 > 0; end $$;
    create domain checked_int as int check (checked(value));
    create type pair as (a checked_int, b text);
    create table pairs (id int, a checked_int);
    create table regions (id int, code text) partition by list (id);
    create table region_1 partition of regions for values in (1);
    create table heir () inherits (accounts)`);
});
afterAll(() => harness.close());

describe("never 33: a type whose check is a user's function is read as of nowhere unseen", () => {
  test.each([
    'select 1::checked_int',
    "select '(1,x)'::pair",
    "select row(1, 'x')::pair",
    'select \'{"(1,x)"}\'::pair[]',
    "select '(1,1)'::pairs",
    'select * from json_to_record(\'{"a":1}\') as x (a checked_int)',
    'select * from jsonb_to_recordset(\'[{"a":1}]\') as x (a checked_int)',
    'select jsonb_populate_record(null::pair, \'{"a":1}\')',
    'select jsonb_populate_record(p, \'{"a":1}\') from pairs p',
    "select * from json_table('[1]', '$[*]' columns (a checked_int path '$'))",
    "select * from xmltable('/a' passing '<a>1</a>' columns a checked_int path '.')",
    "select json_value('1', '$' returning checked_int)",
    "select domain_in('1', 'checked_int'::regtype, -1)",
    "select record_in('(1,x)', 'pair'::regtype, -1)",
    "select pg_input_is_valid('1', 'checked_int')",
  ])('%s', async (sql) => {
    expect(await submit(await harness.agent(), sql)).toMatchObject({ state: 'denied', code: 'no_rule' });
  });

  test('and the same with other types is a read', async () => {
    for (const sql of [
      'select * from json_to_record(\'{"a":1}\') as x (a int)',
      'select jsonb_populate_record(n, \'{"body":1}\') from notes n',
      "select * from xmltable('/a' passing '<a>1</a>' columns a int path '.')",
    ])
      expect(await submit(await harness.agent(), sql)).toMatchObject({ state: 'allowed' });
  });
});

test('never 34: a short text that would take hours to analyse is refused, and keeps nobody waiting for long', async () => {
  let sql = 'select 1 as n';
  for (let i = 1; i <= 40; i++)
    sql = `with recursive r${i} (n) as (select 1 union all select c.id + x.n from accounts c, (${sql}) x
      where c.id > (select max(n) from r${i})) select n from r${i}`;
  const started = performance.now();
  expect(await submit(await harness.agent(), sql)).toMatchObject({ state: 'denied', code: 'too_large' });
  expect(performance.now() - started).toBeLessThan(10_000);
  const doubled = Array.from(
    { length: 40 },
    (_, i) => `c${i + 1} as (select a.*, b.* from c${i} a, c${i} b)`,
  );
  expect(
    await submit(
      await harness.agent(),
      `with c0 as (table accounts), ${doubled.join(', ')} select 1 from c40`,
    ),
  ).toMatchObject({ state: 'denied', code: 'too_large' });
});

describe('never 38: protected data gets no other name under which no mask holds', () => {
  test.each([
    'alter table accounts rename column email to mail',
    'alter table accounts rename email to mail',
    'alter table accounts rename to clients',
    'alter table accounts set schema pg_catalog',
    'alter schema public rename to private',
    'alter table accounts alter column owner type text using email',
    'alter table regions detach partition region_1',
    'alter table heir no inherit accounts',
    'create table mails as select email as mail from accounts',
    'select email as mail into mails from accounts',
    'create materialized view mails as select email as mail from accounts',
  ])('%s', async (sql) => {
    const call = await submit(await harness.agent(), sql);
    expect(call).toMatchObject({ state: 'denied', code: 'no_rule' });
    expect(call.reason).toContain('Protected data may not be written to another place.');
  });

  test.each([
    'alter table accounts rename column owner to holder',
    'alter table notes rename to remarks',
    'alter table accounts alter column email type varchar(100) using lower(email)',
    'alter table accounts rename constraint accounts_pkey to pk',
  ])('and others may: %s', async (sql) => {
    expect(await submit(await harness.agent(), sql)).toMatchObject({ state: 'allowed' });
  });
});
