/**
 * Sends texts that nobody wrote: random bytes, statements of the corpus with parts torn out, put twice, put into each
 * other, nested and blown up. Each must get an answer within a bounded time, and memory must stay flat.
 *
 *     node --conditions=@countersign/source test/postgres-analysis/fuzz.ts --minutes 5
 *
 * Prints a line each minute; ends with 1 where an analysis threw or took more than five seconds of a core, or the analyser no
 * longer answers afterwards.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createAnalyser, readCatalog, supportedMajors } from '@countersign/postgres';
import { recorded } from '../conformance/sql/statement.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});
const file = new URL('../../packages/postgres/src/testing/generated/shop-catalog-18.json', import.meta.url);
const shop = readCatalog(readFileSync(file, 'utf8'), 18);
const catalogs = supportedMajors.map((major) => ({ ...shop, major }));
const corpus = recorded().map(({ sql }) => sql);

/** A small generator of numbers, the same for the same seed. */
let state = Number(values.seed) >>> 0;
function below(n: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}
const pick = <T>(items: readonly [T, ...T[]] | readonly T[]): T => items[below(items.length)] as T;
const any = () => pick(corpus);
const cut = (text: string) => text.slice(below(text.length), below(text.length) + 1 + below(40));

const marks = String.raw`' " ; $ ( ) [ ] { } \ / * - : . , % @ ! ~ ^ & | ? # < > = -- /* */ $$ $a$ E'\ U&' :: ;; '''' ""
  99999999999999999999 1e400 0x 1_ $1 $99999 .5. array[ json_table(`;
const phrases =
  'select | union all | from | case when | not | with recursive x as (| null | over ( |\0|\uD800|\u202E|\uFEFF|é|𝕊|\r|\v|`';
const odd = [...marks.split(/\s+/), ...phrases.split('|')];

const makers: readonly (() => string)[] = [
  () => Array.from({ length: below(400) }, () => String.fromCharCode(below(256))).join(''),
  () => Array.from({ length: below(60) }, () => pick(odd)).join(''),
  () => Array.from({ length: below(80) }, () => pick(any().split(/\b/))).join(''),
  // A part torn out, another put in.
  () => {
    const text = any();
    const at = below(text.length);
    return (
      text.slice(0, at) + pick([() => pick(odd), () => cut(any()), () => ''])() + text.slice(at + below(12))
    );
  },
  () => Array.from({ length: 1 + below(4) }, any).join(pick([';', ' ', ' union ', ',', '\n--', ') from ('])),
  // One in the other.
  () => any().replace(pick(['1', 'id', 'people', 'name', '*']), () => `(${any()})`),
  // Deep and long.
  () => {
    const [open, close] = pick([
      ['(', ')'],
      ['select (', ')'],
      ['select * from (', ') x'],
      ['not ', ''],
      ['array[', ']'],
      ['coalesce(1,', ')'],
      ['case when true then ', ' end'],
      ['with x as (select ', ') select 1'],
      ['- ', ''],
      ['/*', '*/'],
      ['a.', ''],
      ['explain ', ''],
      ['1 + ', ''],
      ["'a' || ", ''],
    ] as const);
    const times = 2 ** below(16);
    return `select ${open.repeat(times)}1${close.repeat(times)}`;
  },
  () =>
    `select ${Array.from({ length: 2 ** below(15) }, () => pick(['1', 'id', '*', "'x'", 'null', 'p.*'])).join(',')} from people p`,
  () =>
    `${pick(['/*', "'", '"', '$$', '--', '('])}${pick(['a', ' ', '/*', "'", '$', '\\']).repeat(
      2 ** below(19),
    )}`,
  () => any().repeat(2 ** below(9)),
];

const analyser = createAnalyser();
const codes = new Map<string, number>();
const started = performance.now();
const until = started + Number(values.minutes) * 60_000;
let [count, slowest, failed, nextReport] = [0, 0, 0, started + 60_000];

const report = () => {
  const told = [...codes].sort(([, a], [, b]) => b - a).map(([code, n]) => `${code} ${n}`);
  const rss = Math.round(process.memoryUsage().rss / 1e6);
  process.stdout.write(
    `${count} texts, slowest ${Math.round(slowest)} ms of a core, ${rss} MB: ${told.join(', ')}\n`,
  );
};

while (performance.now() < until) {
  const sql = pick(makers)();
  const before = process.cpuUsage();
  try {
    const found = await analyser.analyse(sql, pick(catalogs), { parameters: below(3) });
    const code = found.ok ? 'judged' : found.code;
    codes.set(code, (codes.get(code) ?? 0) + 1);
    // A denial that no line of the analysis meant: something in it threw.
    if (!found.ok && found.what === 'the statement') throw new Error(code);
  } catch (error) {
    failed += 1;
    process.stdout.write(`${JSON.stringify(sql.slice(0, 300))}: ${String(error)}\n`);
  }
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  if (took > 5000) {
    failed += 1;
    process.stdout.write(`${JSON.stringify(sql.slice(0, 300))} (${sql.length}): ${Math.round(took)} ms\n`);
  }
  slowest = Math.max(slowest, took);
  count += 1;
  if (performance.now() > nextReport) {
    report();
    nextReport += 60_000;
  }
}
report();
const last = await analyser.analyse('select id from orders', shop, { parameters: 0 });
await analyser.close();
process.exitCode = failed === 0 && last.ok ? 0 : 1;
