/** Whatever a text holds, there is an answer within a bounded time, the event loop goes on, and so does the analyser. */
import { afterAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createAnalyser } from './analyser.ts';
import { type Major, supportedMajors } from './major.ts';
import { shopCatalog } from './testing/shop-catalog.ts';

const analyser = createAnalyser({ parseDeadlineMs: 1000 });
const catalogs = new Map(supportedMajors.map((major) => [major, { ...shopCatalog(), major }]));
afterAll(() => analyser.close());

/** Milliseconds for one answer: the deadline, a worker's start, and what a busy machine adds. */
const withinMs = 6000;

interface Answer {
  readonly verdict: string;
  readonly ms: number;
  /** The longest that the event loop stood still. */
  readonly blockedMs: number;
}

async function answer(sql: string, major: Major = 18): Promise<Answer> {
  const catalog = catalogs.get(major) ?? shopCatalog();
  let blockedMs = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    blockedMs = Math.max(blockedMs, now - last);
    last = now;
  };
  const timer = setInterval(look, 5);
  const start = performance.now();
  const found = await analyser.analyse(sql, catalog, { parameters: 0 });
  look();
  clearInterval(timer);
  return { verdict: found.ok ? 'ok' : found.code, ms: performance.now() - start, blockedMs };
}

const isAlive = async (major: Major = 18) =>
  expect((await answer('select id from orders', major)).verdict).toBe('ok');
const denials =
  /^(?:ok|malformed|parse_failed|too_large|unknown_object|not_supported|unknown_effect|needs_native_session|must_stand_alone)$/;

const repeated = (size: number): readonly (readonly [what: string, sql: string])[] => {
  const times = (text: string, per = text.length) => text.repeat(Math.floor(size / per));
  const list = (make: (i: number) => string, per: number) =>
    Array.from({ length: Math.floor(size / per) }, (_, i) => make(i)).join(', ');
  return [
    ['constants', `select * from orders where id in (${list((i) => `${i}`, 9)})`],
    ['rows', `insert into orders (customer_id, total) values ${list((i) => `(${i}, 2)`, 14)}`],
    ['columns', `select ${list(() => '1', 3)}`],
    ['arrays', `select array[${list(() => '1', 3)}]`],
    ['sums', `select 1${times('+1')}`],
    ['conjunctions', `select 1 from orders where id = 1${times(' and id = 1')}`],
    ['unions', `select 1${times(' union select 1')}`],
    ['joins', `select 1 from orders${times(' natural join orders')}`],
    ['branches', `select case ${times('when true then 1 ')}end`],
    ['statements', times('select 1;')],
    ['names of WITH', `with ${list((i) => `w${i} as (select 1 as a)`, 26)} select 1`],
    ['parentheses', `select ${times('(')}1`],
    ['calls', `select ${times('lower(')}1`],
    ['subqueries', `select ${times('(select ')}1`],
    ['casts', `select 1${times('::int')}`],
    ['comments', times('/*')],
    ['closed comments', `${times('/*', 4)}${times('*/', 4)}select 1`],
    ['quotes', times("'")],
    ['dollars', `select $a$${times('$b$')}$a$`],
    ['one name', `select ${times('a')}`],
    ['one string', `select '${times('x')}'`],
    ['spaces', `select${times(' ')}1`],
    ['semicolons', `${times(';')}select 1`],
    ['unicode', `select '${times('𝄞', 4)}'`],
    ['stars', `select ${list(() => 'o.*', 6)} from orders o`],
  ];
};

describe('hostile text', () => {
  describe.each([8_000, 990_000])('of %i bytes', (size) => {
    test.each(repeated(size))(
      'of %s is answered in time, and nothing else waits for it',
      async (_what, sql) => {
        const { verdict, ms, blockedMs } = await answer(sql);
        expect(verdict).toMatch(denials);
        expect(ms).toBeLessThan(withinMs);
        expect(blockedMs).toBeLessThan(3000);
        await isAlive();
      },
    );
  });

  test('any bytes, read as UTF-8 or one by one, have an answer', async () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.constantFrom<'utf8' | 'latin1'>('utf8', 'latin1'),
        fc.constantFrom(...supportedMajors),
        async (raw, as, major) => {
          expect((await answer(Buffer.from(raw).toString(as), major)).verdict).toMatch(denials);
        },
      ),
      { numRuns: 400 },
    );
    for (const major of supportedMajors) await isAlive(major);
  });

  test('statements that were cut, doubled, spliced and bent have an answer', async () => {
    const seeds = [
      'select c.*, o.total from customers c left join orders o on o.customer_id = c.id where ssn = $$1$$ order by 1',
      'with recursive t(n) as (values (1) union all select n + 1 from t where n < 3) select * from t',
      'insert into orders (customer_id, total) values (1, 2) on conflict (id) do update set total = excluded.total returning *',
      "select jsonb_build_object('a', array[id, 2], 'b', row_to_json(c)) from customers c group by 1 having count(*) > 0",
      'merge into orders o using order_items i on i.order_id = o.id when matched then delete when not matched then do nothing',
      'create table x (id int primary key, at timestamptz default now(), check (id > 0)) partition by range (id)',
      "select * from json_table('[1]', '$[*]' columns (a int path '$' default 1 on empty)) t, lateral unnest(array[1]) u",
      'explain (analyze, format json) update customers set (name, email) = (select name, email from customers limit 1)',
    ];
    const bend = fc.record({
      a: fc.constantFrom(...seeds),
      b: fc.constantFrom(...seeds),
      at: fc.array(fc.nat(150), { minLength: 4, maxLength: 4 }),
      with: fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom('(', ')', ',', "'", '$$', '/*', ';', '.', '::', ' select ', ' 1', '[', '"'),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        bend,
        fc.constantFrom(...supportedMajors),
        async ({ a, b, at: [i = 0, j = 0, k = 0, l = 0], with: piece }, major) => {
          const sql = `${a.slice(0, i)}${piece}${b.slice(j, j + k)}${piece}${a.slice(Math.min(i, l))}`;
          expect((await answer(sql, major)).verdict).toMatch(denials);
        },
      ),
      { numRuns: 600 },
    );
    for (const major of supportedMajors) await isAlive(major);
  });

  test('memory stays flat over thousands of texts, large ones among them', async () => {
    const rows = Array.from({ length: 8000 }, (_, i) => `(${i}, ${i})`).join(', ');
    const once = async (round: number) => {
      for (let i = 0; i < 500; i++)
        await answer(`select id, ${i} as n${round} from orders where total > ${i}`);
      await answer(`insert into orders (customer_id, total) values ${rows}`);
      await answer(`select 1${'+1'.repeat(3900)}`);
    };
    for (let round = 0; round < 2; round++) await once(round);
    const before = process.memoryUsage().rss;
    for (let round = 2; round < 6; round++) await once(round);
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(150);
  }, 120_000);
});
