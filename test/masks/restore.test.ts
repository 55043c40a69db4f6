/** Tokens that come back: refused, or put back to their values where policy says `restore: true`. Observed in the database. */
import type { Client as ApiClient } from '@countersign/client';
import type { CallView, Json } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { execute, type Harness, rules, startHarness, vote } from '../gateway/harness.ts';

const policy = rules
  .replace(
    'resources: ["table:public.notes"], then: allow',
    'resources: ["table:public.notes", "table:public.contacts", "table:public.log"], then: allow',
  )
  .replace(
    'except: { resources: ["table:public.notes"] }',
    'except: { resources: ["table:public.notes", "table:public.contacts", "table:public.log"] }',
  )
  .concat(`masks:
  - { columns: [public.accounts.email, public.contacts.mail], with: tokenize, domain: people, restore: true, filter: allow }
  - { columns: [public.contacts.secret], with: redact, domain: people }
  - { columns: [public.contacts.part], with: partial, domain: people }
  - { columns: [public.contacts.other], with: tokenize, domain: others, restore: true }
  - { columns: [public.accounts.owner], with: tokenize, domain: owners }
`);

let harness: Harness;
let agent: ApiClient;
let calls = 0;

beforeAll(async () => {
  harness = await startHarness({ policy });
  await harness.observer.query(`
    create table contacts (id int primary key, mail text, secret text, part text, other text, plain text, n int);
    create table log (line text);
    update accounts set email = 'o''neil\\x@example.com' where id = 7`);
  agent = await harness.agent();
});
afterAll(() => harness.close());

function submit(sql: string, params: readonly (string | number | null)[] = [], run = 'run', as = agent) {
  const input = params.length === 0 ? { sql } : { sql, params: [...params] };
  return as.submitCall({ connection: 'bank', input, run, tool: 'bank_query', call: `c${++calls}` });
}

async function ask(sql: string, params: readonly (string | number | null)[] = [], run = 'run', as = agent) {
  const call = await submit(sql, params, run, as);
  if (call.state !== 'allowed') return { code: call.code, rows: [] };
  const { outcome, result, error } = await execute(as, call);
  const rows = result !== null && 'rows' in result ? result.rows : [];
  return { code: error?.code ?? outcome, rows };
}

async function tokenOf(account: number, run = 'run', as = agent): Promise<string> {
  const { rows } = await ask(`select email from accounts where id = ${account}`, [], run, as);
  return rows[0]?.[0] ?? '';
}
async function cardOf(person: ApiClient, approval: CallView['approval']): Promise<string> {
  if (approval === null) throw new Error('it waits for nobody');
  return JSON.stringify(await person.getApproval(approval));
}

const stored = async (column: string, id: number): Promise<Json> =>
  (
    await harness.observer.query<Record<string, Json>>(`select ${column} as v from contacts where id = $1`, [
      id,
    ])
  ).rows[0]?.['v'] ?? null;

test('a token reads the same within a run, so that an agent can join and group on it', async () => {
  const { rows } = await ask(
    'select a.email, b.email from accounts a join accounts b on a.email = b.email where a.id < 4 order by a.id',
  );
  expect(rows).toHaveLength(3);
  for (const [a, b] of rows) expect(a).toBe(b);
  expect(new Set(rows.map(([a]) => a)).size).toBe(3);
  const grouped = await ask('select email, count(*) from accounts where id < 4 group by email');
  expect(new Set(grouped.rows.map(([token]) => token))).toEqual(new Set(rows.map(([token]) => token)));
  expect(await tokenOf(1, 'another-run')).not.toBe(await tokenOf(1));
});

describe('with restore: true a token is put back to its value', () => {
  test('as a parameter and as a constant, in VALUES and in SET, quotes and backslashes and all', async () => {
    const token = await tokenOf(7);
    expect(await ask('insert into contacts (id, mail) values ($1, $2)', [1, token])).toMatchObject({
      code: 'succeeded',
    });
    expect(
      await ask(
        `insert into contacts (id, mail, plain) values (2, '${token}', 'x'), (3,'${await tokenOf(8)}', 'y')`,
      ),
    ).toMatchObject({ code: 'succeeded' });
    expect(await ask(`update contacts set mail='${token}', plain = 'z' where id = 3`)).toMatchObject({
      code: 'succeeded',
    });
    expect(await ask('insert into contacts (id, secret) values (4, $1) returning secret', [token])).toEqual({
      code: 'succeeded',
      rows: [['[redacted]']],
    });
    for (const [column, id] of [
      ['mail', 1],
      ['mail', 2],
      ['mail', 3],
      ['secret', 4],
    ] as const)
      expect(await stored(column, id)).toBe("o'neil\\x@example.com");
  });

  test('what comes back of it is the token again', async () => {
    const token = await tokenOf(9);
    expect(await ask('insert into contacts (id, mail) values (20, $1) returning mail', [token])).toEqual({
      code: 'succeeded',
      rows: [[token]],
    });
  });

  test('after an approval too, and the approver sees the token', async () => {
    const token = await tokenOf(10);
    const call = await submit('update accounts set email = $1 where id = 11', [token]);
    expect(call.state).toBe('waiting');
    const dana = await harness.person('dana');
    const card = await cardOf(dana, call.approval);
    expect(card).toContain(token);
    expect(card).not.toContain('p10@example.com');
    await vote(dana, call);
    expect(await execute(agent, call)).toMatchObject({ outcome: 'succeeded' });
    const { rows } = await harness.observer.query('select email from accounts where id = 11');
    expect(rows).toEqual([{ email: 'p10@example.com' }]);
  });
});

describe('never 40: a mask that is written is refused', () => {
  test.each([
    ['into a column without a mask', "insert into contacts (id, plain) values (50, 'TOKEN')"],
    ['into a column that is masked less', "insert into contacts (id, part) values (50, 'TOKEN')"],
    ['into a column of another domain', "insert into contacts (id, other) values (50, 'TOKEN')"],
    ['into another table', "insert into log values ('TOKEN')"],
    ['within a longer text', "insert into contacts (id, mail) values (50, 'x TOKEN')"],
    ['in an expression', "insert into contacts (id, mail) values (50, upper('TOKEN'))"],
    ['with a cast', "insert into contacts (id, mail) values (50, 'TOKEN'::text)"],
    ['in a comment beside it', "insert into contacts (id, mail) values (50, 'TOKEN') -- 'TOKEN'"],
    ['in RETURNING beside it', "insert into contacts (id, mail) values (50, 'TOKEN') returning 'TOKEN'"],
    ['in WHERE', "update contacts set plain = 'x' where mail = 'TOKEN'"],
    [
      'as an escape string, whose backslashes would be read',
      "insert into contacts (id, mail) values (50, E'TOKEN')",
    ],
    ['as an escape string after a blank', "insert into contacts (id, mail) values (50, E 'TOKEN')"],
    ['between dollars', 'insert into contacts (id, mail) values (50, $$TOKEN$$)'],
    ['as a unicode string', "insert into contacts (id, mail) values (50, U&'TOKEN')"],
    ['as part of two constants', "insert into contacts (id, mail) values (50, 'TOKEN'\n'more')"],
    [
      'and moved on to a free column',
      "insert into contacts (id, mail) values (1, 'TOKEN') on conflict (id) do update set plain = excluded.mail",
    ],
    ['in a SELECT', "insert into contacts (id, mail) select 50, 'TOKEN'"],
    ['in two statements', "insert into contacts (id, mail) values (50, 'TOKEN'); select 1"],
    ['as a name', 'insert into contacts (id, mail) values (50, $1) returning mail as "TOKEN"'],
  ])('%s', async (_, sql) => {
    const token = await tokenOf(7);
    const code = (await ask(sql.replaceAll('TOKEN', token), sql.includes('$1') ? [token] : [])).code;
    expect(['carries_mask', 'parse_failed', 'unknown_object', 'no_rule']).toContain(code);
    expect(await stored('id', 50)).toBeNull();
  });

  test('of another run, of another agent, of a mask without restore, or made up', async () => {
    const insert = (token: string, run = 'run', as = agent) =>
      ask('insert into contacts (id, mail) values (50, $1)', [token], run, as);
    const other = await harness.agent('other');
    expect((await insert(await tokenOf(7, 'elsewhere'))).code).toBe('carries_mask');
    expect((await insert(await tokenOf(7), 'run', other)).code).toBe('carries_mask');
    expect((await insert(await tokenOf(7, 'run', other))).code).toBe('carries_mask');
    const { rows } = await ask('select owner from accounts where id = 7');
    expect((await insert(rows[0]?.[0] ?? '')).code).toBe('carries_mask');
    expect((await insert(`[token:${'a'.repeat(24)}]`)).code).toBe('carries_mask');
    expect((await insert('[redacted]')).code).toBe('carries_mask');
    expect(
      (await ask('insert into contacts (id, mail, plain) values (50, $1, $1)', [await tokenOf(7)])).code,
    ).toBe('carries_mask');
    expect(await stored('id', 50)).toBeNull();
  });
});

test('never 42: the store holds tokens with their values encrypted', async () => {
  await tokenOf(7);
  const { db } = harness.gateway.engine.store;
  const { rows } = await sql<{
    row: string;
    value: Uint8Array;
  }>`select t::text as row, value from mask_tokens t`.execute(db);
  expect(rows.length).toBeGreaterThan(3);
  for (const { row, value } of rows) {
    expect(row).not.toContain('example.com');
    expect(Buffer.from(value).toString('latin1')).not.toContain('example.com');
  }
});
