/** The second wall: each call runs as the weakest login that can do it, and PostgreSQL refuses what slips by. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Execution, Target } from '../../packages/gateway/src/protocols/protocol.ts';
import { analysisOf, contextOf, openMasks, openShop, read, reads, type Shop, write } from './support.ts';

const tag = randomBytes(4).toString('hex');
const roles = { wall: `wall_${tag}`, read: `read_${tag}`, write: `write_${tag}` };
let shop: Shop;
let target: Target;
let urls: Readonly<Record<string, string>>;

function urlOf(role: string): string {
  const url = new URL(shop.url);
  url.username = role;
  url.password = `pw_${role}`;
  return url.href;
}

beforeAll(async () => {
  shop = await openShop();
  urls = Object.fromEntries(Object.entries(roles).map(([login, role]) => [login, urlOf(role)]));
  for (const role of Object.values(roles)) await shop.rows(`create role ${role} login password 'pw_${role}'`);
  await shop.rows(`grant select (id, name) on customers to ${roles.wall}`);
  await shop.rows(`grant select on customers, orders to ${roles.read}, ${roles.write}`);
  await shop.rows(`grant update on orders to ${roles.write}`);
  target = shop.target({ logins: urls });
});
afterAll(async () => {
  await target.close();
  for (const role of Object.values(roles)) await shop.rows(`drop owned by ${role}`);
  for (const role of Object.values(roles)) await shop.rows(`drop role ${role}`);
  await shop[Symbol.asyncDispose]();
});

const user = (execution: Execution) =>
  execution.outcome === 'succeeded' && 'rows' in execution.result ? execution.result.rows[0]?.[0] : execution;
const masked = {
  ...openMasks,
  showErrors: false,
  columns: [
    {
      with: 'redact' as const,
      columns: ['column:public.customers.ssn' as const],
      domain: 'd',
      nulls: 'shown' as const,
    },
  ],
};

test('a read free of protected columns runs as wall, a masked one as read, all else as write', async () => {
  expect(user(await read(target, 'select current_user::text', ['x']))).toBe(roles.wall);
  const context = { masks: masked };
  expect(user(await read(target, 'select current_user::text', ['x'], { context }))).toBe(roles.read);
  const used = { masks: { ...openMasks, showErrors: false } };
  expect(user(await read(target, 'select current_user::text', ['x'], { context: used }))).toBe(roles.read);
  const sql = 'update orders set total = 1 where id = 1 returning current_user::text';
  expect(user(await write(target, sql, ['x']))).toBe(roles.write);
});

test('a protected column that the analysis missed is refused by the wall', async () => {
  expect(await read(target, 'select ssn from customers', ['ssn'])).toEqual({
    outcome: 'failed',
    code: 'wall_refused',
    ran: 'rolled_back',
    message: 'permission denied for table customers (SQLSTATE 42501)',
  });
  const context = { masks: masked };
  expect(await read(target, 'select ssn from customers limit 1', ['ssn'], { context })).toMatchObject({
    outcome: 'succeeded',
  });
});

test('what a login may not do is an ordinary refusal elsewhere', async () => {
  expect(await write(target, 'delete from orders')).toMatchObject({
    code: 'target_error',
    ran: 'rolled_back',
  });
});

test('never 32: an effect that is no read is not run as a login for reads', async () => {
  const sql = 'select current_user::text';
  const effects = [...reads, { action: 'secret' as const, resource: 'table:pg_catalog.pg_authid' as const }];
  const analysis = analysisOf([{ text: sql, readOnly: true }], ['x'], { effects });
  expect(user(await target.execute(target.parse({ sql }), analysis, contextOf()))).toBe(roles.write);
});

test('every ordinary login can be recovered from, and cancelled', async () => {
  const signal = new AbortController().signal;
  const { promise, resolve } = Promise.withResolvers<never>();
  const started = (evidence: unknown) => Promise.resolve(resolve(evidence as never));
  await write(target, 'update orders set total = 1 where id = 1', [], { context: { started } });
  expect(await target.recover(await promise, signal)).toEqual({ outcome: 'succeeded', ran: null });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const context = { signal: stop.signal };
  const begun = performance.now();
  expect(await read(target, 'select pg_sleep(20)::text', ['x'], { context })).toMatchObject({
    code: 'cancelled',
  });
  expect(performance.now() - begun).toBeLessThan(15_000);
});

test('a preview says where no wall stands, and is silent where one does', async () => {
  const signal = new AbortController().signal;
  const input = target.parse({ sql: 'select id from customers' });
  const analysis = await target.analyse(input, signal);
  expect((await target.preview(input, analysis, signal)).notes).toEqual([]);
  expect((await shop.target().preview(input, analysis, signal)).notes).toEqual([
    'No wall login is configured: the database keeps this from writing, not from reading protected columns.',
  ]);
});

test.each([
  ['superuser', 'alter role %r superuser', 'is a superuser'],
  ['role beyond row security', 'alter role %r bypassrls', 'bypasses row security'],
  ['role that reads files', 'grant pg_read_server_files to %r', 'may reach files or programs of the server'],
  [
    'role that finds others by the same names',
    'alter role %r set search_path = information_schema',
    'has another search path than logins.write',
  ],
])('a %s is no login for reads', async (_, sql, flaw) => {
  const role = `strong_${randomBytes(4).toString('hex')}`;
  await shop.rows(`create role ${role} login password 'pw_${role}'`);
  await shop.rows(sql.replace('%r', role));
  const strong = shop.target({ logins: { ...urls, wall: urlOf(role) } });
  const analysing = strong.analyse(strong.parse({ sql: 'select 1' }), new AbortController().signal);
  await expect(analysing).rejects.toMatchObject({
    code: 'unavailable',
    message: `The store or another part the gateway needs is not available: logins.wall ${flaw}.`,
  });
  await strong.close();
  await shop.rows(`drop role ${role}`);
});
