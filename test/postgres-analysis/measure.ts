/**
 * How many statements a second are analysed: short, medium and large ones, new and known ones; what each takes of a core,
 * which other work on the machine does not change; and what memory does.
 *
 *     node --expose-gc --conditions=@countersign/source test/postgres-analysis/measure.ts
 */
import { readFileSync } from 'node:fs';
import { createAnalyser, readCatalog } from '@countersign/postgres';

const json = readFileSync(
  new URL('../../packages/postgres/src/testing/generated/shop-catalog-18.json', import.meta.url),
  'utf8',
);
const catalog = readCatalog(json, 18);

const rows = (i: number, count: number) =>
  Array.from({ length: count }, (_, n) => `(${i + n}, ${n})`).join(', ');
const texts: readonly (readonly [name: string, count: number, make: (i: number) => string])[] = [
  ['short', 4000, (i) => `select id, name from customers where id = ${i}`],
  [
    'medium',
    1500,
    (
      i,
    ) => `with recent as (select o.customer_id, sum(o.total) as spent, count(*) as n from orders o where o.total > ${i}
      group by 1 having count(*) > 1)
      select c.name, coalesce(r.spent, 0) as spent, rank() over (order by r.spent desc nulls last) as place,
        case when r.n > 10 then 'often' else 'seldom' end as how, (select max(i.qty) from order_items i) as most
      from customers c left join recent r on r.customer_id = c.id
      where c.email like 'a%' and c.created_at > now() - interval '30 days' and exists (select from orders o where o.customer_id = c.id)
      order by 2 desc, lower(c.name) limit 50`,
  ],
  ['100 KB', 30, (i) => `insert into orders (customer_id, total) values ${rows(i, 8300)}`],
];

const perSecond = (count: number, ms: number) => Math.round((count / ms) * 1000);
const msEach = ({ user, system }: NodeJS.CpuUsage, count: number) =>
  ((user + system) / 1000 / count).toPrecision(2);

for (const [name, count, make] of texts) {
  const analyser = createAnalyser({ cacheSize: count });
  // The parser is loaded, and the worker started.
  await analyser.analyse(make(-1), catalog, { parameters: 0 });
  const made = Array.from({ length: count }, (_, i) => make(i));
  const bytes = Buffer.byteLength(made[0] ?? '');
  const pass = async () => {
    const start = performance.now();
    const before = process.cpuUsage();
    for (const sql of made) {
      const found = await analyser.analyse(sql, catalog, { parameters: 0 });
      if (!found.ok) throw new Error(found.what);
    }
    const each = msEach(process.cpuUsage(before), count);
    return `${perSecond(count, performance.now() - start)}/s, ${each} ms of a core`;
  };
  const cold = await pass();
  const known = await pass();
  process.stdout.write(`${name}\t${bytes} bytes\tnew ${cold}\tknown ${known}\n`);
  await analyser.close();
}

const analyser = createAnalyser();
const megabytes = () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return `${Math.round(rss / 1e6)} (${Math.round(heapUsed / 1e6)})`;
};
const seen: string[] = [];
for (let round = 0; round < 10; round++) {
  for (let i = 0; i < 5000; i++)
    await analyser.analyse(`select id, ${i} as a${round} from orders where total > ${i}`, catalog, {
      parameters: 0,
    });
  seen.push(megabytes());
}
process.stdout.write(`memory\tMB (of heap) after each 5,000 of 50,000 different texts: ${seen.join(' ')}\n`);
await analyser.close();
