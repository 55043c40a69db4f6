/** The second wall: `countersign setup` makes it, PostgreSQL holds it, whatever the analysis says. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import type { LedgerEvent } from '@countersign/core';
import { startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { inProcess } from '../cli/in-process.ts';
import { analysisOf, connect, contextOf, openMasks } from '../postgres/support.ts';

const tag = randomBytes(4).toString('hex');
const roles = { wall: `wall_${tag}`, read: `read_${tag}`, write: `write_${tag}` } as const;
const canary = 'CANARY-078-05-1120';
const seed = `
create schema crm;
create table crm.people (id int primary key, name text, ssn text, email text);
insert into crm.people values (1, 'Ada', '${canary}', 'ada@example.com');
create table orders (id int primary key, person int, note text);
insert into orders values (1, 1, 'fragile');
create view crm.contacts as select id, ssn as number, upper(ssn) as loud, name from crm.people;
create view crm.names as select id, name from crm.people;
create materialized view crm.old as select id, ssn as was from crm.people;
create table secrets (id int primary key, token text);
analyze;
`;
const policyText = (more = '') => `version: 1
server: { data: "\${DATA}" }
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections:
  shop-db: { protocol: postgres, logins: { wall: "\${WALL}", read: "\${READ}", write: "\${WRITE}" } }
rules:
  - { name: read, actions: [read], resources: ["table:crm.*", "table:public.orders"], then: allow }
  - { name: orders, actions: [write.insert, write.update], resources: ["table:public.orders"], then: { ask: { approvers: [dba] } } }
  - { name: no secrets, actions: [read], resources: ["table:public.secrets"], then: deny }
masks:
  - { columns: [crm.people.ssn], with: redact }
${more}`;

let server: PostgresServer;
let database: TestDatabase;
let admin: Client;
let folder: string;
let env: Record<string, string>;

const urlOf = (role: string): string => {
  const url = new URL(database.url);
  url.username = role;
  url.password = `pw_${role}`;
  return url.href;
};

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase({ seed });
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  folder = mkdtempSync(join(tmpdir(), 'countersign-wall-'));
  env = {
    WALL: urlOf(roles.wall),
    READ: urlOf(roles.read),
    WRITE: urlOf(roles.write),
    DATA: join(folder, 'data'),
    COUNTERSIGN_SETUP_URL: database.url,
  };
  writeFileSync(join(folder, 'countersign.yaml'), policyText());
  const done = await setup('--yes');
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('Applied.')]);
});
afterAll(async () => {
  for (const role of Object.values(roles)) await admin.query(`drop owned by ${role}; drop role ${role}`);
  await admin.end();
  await database.drop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const setup = (...more: string[]) =>
  inProcess(['setup', 'postgres', 'shop-db', ...more], { cwd: folder, env });

/** What a login gets for a text: its rows as JSON, or the server's code. */
async function as(role: string, sql: string): Promise<string> {
  const client = new Client({ connectionString: urlOf(role) });
  await client.connect();
  try {
    return JSON.stringify((await client.query(sql)).rows);
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.end();
  }
}

describe('countersign setup postgres', () => {
  test('prints what it would do, and no password; without consent it changes nothing', async () => {
    const before = await as(roles.wall, 'select name from crm.people');
    const { code, stdout, stderr } = await setup();
    expect(code).toBe(0);
    expect(stderr).toContain('Nothing was changed.');
    expect(stdout).toContain(`GRANT SELECT ("id", "name", "email") ON "crm"."people" TO "${roles.wall}";`);
    expect(stdout).not.toContain('pw_');
    expect(stdout).not.toContain('PASSWORD');
    expect(await as(roles.wall, 'select name from crm.people')).toBe(before);
  });

  test('gives the wall what masks leave open, under whatever name a view shows it, and no more', async () => {
    expect(await as(roles.wall, 'select id, name, email from crm.people')).toContain('Ada');
    expect(await as(roles.wall, 'select name from crm.contacts')).toContain('Ada');
    expect(await as(roles.wall, 'select * from crm.names')).toContain('Ada');
    for (const hidden of [
      'ssn from crm.people',
      '* from crm.people',
      'number from crm.contacts',
      'loud from crm.contacts',
      'was from crm.old',
    ])
      expect([hidden, await as(roles.wall, `select ${hidden}`)]).toEqual([hidden, '42501']);
  });

  test('gives each login what rules let happen, and no more', async () => {
    for (const role of [roles.wall, roles.read]) {
      expect(await as(role, "insert into orders values (9, 1, 'x')")).toMatch(/^(?:25006|42501)$/);
      expect(await as(role, "begin read write; insert into orders values (9, 1, 'x')")).toBe('42501');
    }
    expect(await as(roles.read, 'select ssn from crm.people')).toContain(canary);
    for (const role of Object.values(roles))
      expect(await as(role, 'select token from secrets')).toBe('42501');
    expect(await as(roles.write, "insert into orders values (9, 1, 'x')")).toBe('[]');
    expect(await as(roles.write, 'delete from orders')).toBe('42501');
    expect(await as(roles.write, "update crm.people set name = 'x'")).toBe('42501');
  });

  test('run again after a mask was added, it takes the column away', async () => {
    expect(await as(roles.wall, 'select email from crm.people')).toContain('ada@');
    writeFileSync(
      join(folder, 'countersign.yaml'),
      policyText('  - { columns: [crm.people.email], with: hash }'),
    );
    expect((await setup('--yes')).code).toBe(0);
    expect(await as(roles.wall, 'select email from crm.people')).toBe('42501');
    expect(await as(roles.wall, 'select name from crm.people')).toContain('Ada');
    writeFileSync(join(folder, 'countersign.yaml'), policyText());
    expect((await setup('--yes')).code).toBe(0);
    expect(await as(roles.wall, 'select email from crm.people')).toContain('ada@');
  });

  test('a column that a mask hides as soon as it is there is closed from the start', async () => {
    writeFileSync(
      join(folder, 'countersign.yaml'),
      policyText('  - { columns: ["*.*.card_number"], with: redact }'),
    );
    expect((await setup('--yes')).code).toBe(0);
    await admin.query(`alter table orders add card_number text default '${canary}'`);
    expect(await as(roles.wall, 'select card_number from orders')).toBe('42501');
    expect(await as(roles.wall, 'select o from orders o')).toBe('42501');
    expect(await as(roles.wall, 'select note from orders')).toContain('fragile');
    await admin.query('alter table orders drop card_number');
    writeFileSync(join(folder, 'countersign.yaml'), policyText());
    expect((await setup('--yes')).code).toBe(0);
  });

  test('takes from the logins for reads what leads past it: roles, attributes, functions, and tables to come', async () => {
    await admin.query(`
      create view crm.chosen as select id, name from crm.people where ssn like 'C%';
      create view crm.sorted as select name from crm.people order by ssn;
      create table crm.guests (host int) inherits (crm.people);
      insert into crm.guests values (2, 'Bo', '${canary}', 'bo@example.com', 1);
      create table crm.parts (id int, ssn text) partition by list (id);
      alter table crm.people add loud text generated always as (upper(ssn)) stored;
      create function crm.tell() returns text language sql security definer as 'select ssn from crm.people';
      revoke all on function crm.tell() from public;
      grant execute on function crm.tell() to ${roles.wall};
      grant pg_read_all_data, ${roles.read} to ${roles.wall};
      alter role ${roles.wall} bypassrls createrole;
      alter default privileges in schema crm grant select on tables to ${roles.wall}`);
    expect(await as(roles.wall, 'select ssn from crm.people')).toContain(canary);
    expect((await setup('--yes')).code).toBe(0);
    await admin.query('create table crm.later as select * from crm.people');
    for (const text of [
      'select ssn from crm.people',
      'select loud from crm.people',
      'select name from crm.chosen',
      'select * from crm.sorted',
      'select ssn from crm.guests',
      'select ssn from crm.later',
      'select crm.tell()',
      `set role ${roles.read}`,
      'create role more',
    ])
      expect([text, await as(roles.wall, text)]).toEqual([text, expect.stringMatching(/^(?:42501|25006)$/)]);
    expect(await as(roles.wall, 'select name, host from crm.guests')).toContain('Bo');
    await admin.query(
      'drop view crm.chosen, crm.sorted; drop table crm.guests, crm.parts, crm.later; drop function crm.tell(); alter table crm.people drop loud',
    );
  });

  test('says what everybody may do, because that can’t be taken from one login', async () => {
    await admin.query(
      `create function crm.peek() returns text language sql security definer as 'select ssn from crm.people'; grant select on orders to public;
       create schema api; create function api.peek() returns text language sql security definer as 'select ssn from crm.people';
       alter default privileges grant select on tables to public; create table crm.mine (id int); alter table crm.mine owner to ${roles.wall}`,
    );
    const { stderr } = await setup();
    await admin.query(
      'drop function crm.peek(); revoke select on orders from public; drop schema api cascade; alter default privileges revoke select on tables from public; drop table crm.mine',
    );
    expect(stderr).toContain('everybody (PUBLIC) may call api.peek()');
    expect(stderr).toContain('everybody (PUBLIC) will have rights on the tables that postgres makes');
    expect(stderr).toContain(`${roles.wall} owns crm.mine, and may give itself what is taken here`);
    expect(stderr).toContain(
      'everybody (PUBLIC) may call crm.peek(), which runs with the rights of its owner',
    );
    expect(stderr).toContain('everybody (PUBLIC) has rights on public.orders');
  });

  test.each([
    [
      'without the login that may create roles',
      { COUNTERSIGN_SETUP_URL: '' },
      'COUNTERSIGN_SETUP_URL is not set',
    ],
    ['with logins that are one', { READ: 'as write' }, 'has no three logins of their own'],
  ])('%s it says so', async (_, changes, said) => {
    const changed = Object.fromEntries(
      Object.entries(changes).map(([key, value]) => [
        key,
        value === 'as write' ? (env['WRITE'] ?? '') : value,
      ]),
    );
    const done = await inProcess(['setup', 'postgres', 'shop-db'], {
      cwd: folder,
      env: { ...env, ...changed },
    });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(said);
  });
});

describe('doctor', () => {
  const doctor = async () => {
    const { stdout } = await inProcess(['doctor', '--json'], { cwd: folder, env });
    return stdout;
  };
  test('tries the wall: every hidden column, and writing', async () => {
    expect(await doctor()).toContain('the database refused logins.wall 4 hidden columns, and writing to');
  });
  test('finds the way through that a view is', async () => {
    await admin.query(`grant select on crm.contacts to ${roles.wall}`);
    expect(await doctor()).toContain('could read crm.contacts.number, crm.contacts.loud, which masks hide');
    await admin.query(`revoke select on crm.contacts from ${roles.wall}`);
    await admin.query(`grant select (id, name) on crm.contacts to ${roles.wall}`);
  });
});

describe('with the analyser switched off', () => {
  const texts = [
    'select ssn from crm.people',
    'select p from crm.people p',
    'select to_jsonb(p) from crm.people p',
    'select row_to_json(p)::text from crm.people p',
    'select max(ssn) from crm.people',
    "select 1 from crm.people where ssn like 'C%'",
    'select name from crm.people order by ssn',
    'with x as (select * from crm.people) select name from x',
    'select number from crm.contacts',
    'select c from crm.contacts c',
    'select was from crm.old',
    'table crm.people',
    'select a.name from crm.people a join crm.people b using (ssn)',
    "select query_to_xml('select ssn from crm.people', true, true, '')::text",
    "select table_to_xml('crm.people', true, true, '')::text",
    'select count(ssn) from crm.people',
    'select (select ssn from crm.people limit 1)',
    'select xmin from crm.people',
  ];
  test.each(texts)('PostgreSQL refuses the wall %s', async (sql) => {
    const target = connect({ logins: { wall: env['WALL'], read: env['READ'], write: env['WRITE'] } });
    try {
      const done = await target.execute(
        target.parse({ sql }),
        analysisOf([{ text: sql, readOnly: true }], ['x']),
        contextOf({ masks: openMasks }),
      );
      expect(JSON.stringify(done)).not.toContain(canary);
      expect(done).toMatchObject({ outcome: 'failed', code: 'wall_refused', ran: 'rolled_back' });
    } finally {
      await target.close();
    }
  });

  test('statistics of a hidden column tell the wall nothing', async () => {
    expect(await as(roles.wall, "select * from pg_stats where attname = 'ssn'")).toBe('[]');
    expect(await as(roles.wall, 'select * from pg_statistic')).toBe('42501');
  });
});

describe('a call that the wall refuses', () => {
  test('is an incident in the ledger, and said in the log; a hundred at once are all refused', async () => {
    const said: string[] = [];
    const log = {
      info: () => {},
      warn: () => {},
      error: (_: unknown, message: string) => void said.push(message),
    };
    const file = parsePolicyFile(policyText(), { file: 'countersign.yaml', env, directory: folder });
    const gateway = await startGateway({
      file,
      load: async () => file,
      store: 'memory',
      listen: { host: '127.0.0.1', port: 0 },
      log,
    });
    const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
    const { token } = await operator.mintToken({
      class: 'agent',
      name: 'support',
      groups: ['agents'],
      owner: 'dana',
    });
    const agent = createClient({ url: gateway.url, token });
    await admin.query(`revoke select (name) on crm.people from ${roles.wall}`);
    const one = async (sql: string, i: number) => {
      const call = await agent.submitCall({
        connection: 'shop-db',
        input: { sql },
        run: `r${i}`,
        tool: 't',
        call: `c${i}`,
      });
      return agent.executeCall(call.id, { input_digest: call.input_digest });
    };
    const done = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        one(i % 2 === 0 ? 'select name from crm.people' : 'select id from crm.people', i),
      ),
    );
    await admin.query(`grant select (name) on crm.people to ${roles.wall}`);
    done.forEach((answer, i) =>
      expect(answer).toMatchObject(
        i % 2 === 0 ? { outcome: 'failed', call: { code: 'wall_refused' } } : { outcome: 'succeeded' },
      ),
    );
    const lines = await operator.events({ after: -1, limit: 10_000 });
    const events = lines.flatMap((line) => ('event' in line ? [JSON.parse(line.event) as LedgerEvent] : []));
    const incidents = events.filter(({ type }) => type === 'incident.wall_refused');
    expect(incidents).toHaveLength(50);
    expect(incidents[0]?.data).toEqual({ connection: 'shop-db', principal: 'agent:support' });
    expect(said.filter((message) => message.startsWith('incident: '))).toHaveLength(50);
    await gateway.close();
  }, 60_000);
});
