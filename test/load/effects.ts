/**
 * What a trial and the check before COMMIT cost, beside the bare statement in a transaction of its own.
 *
 * ```
 * node --conditions=@countersign/source test/load/effects.ts [ROUNDS]
 * ```
 */
import type { EffectCheck, PreviewWish } from '../../packages/gateway/src/protocols/protocol.ts';
import { contextOf, openShop } from '../postgres/support.ts';
import { inTurns, print, warmUp } from './measure.ts';

const rounds = Number(process.argv[2] ?? 5);
const shop = await openShop();
const target = shop.target({ url: shop.url, preview: 'trial' });
await shop.rows(`create table parts (id int primary key, n int not null, name text not null);
  insert into parts select i, 0, 'part ' || i from generate_series(1, 20000) as i; analyze`);
const signal = new AbortController().signal;
const digestKey = new Uint8Array(32);
const masker = {
  cell: (_index: number, text: string | null) => text,
  touches: () => false,
  message: () => null,
};
const wish = (bind: 'exact' | 'counts'): PreviewWish => ({
  bind,
  digestKey,
  makeMasker: () => masker,
});
const check = (bind: 'exact' | 'counts'): EffectCheck => ({
  bind,
  digestKey,
  holds: () => Promise.resolve(true),
});

print('rows  what                       median ms   times the bare statement');
for (const rows of [1, 100, 1000]) {
  const sql = `update parts set n = n + 1 where id <= ${rows}`;
  const input = target.parse({ sql });
  const analysis = await target.analyse(input, signal);
  const run = async (effect?: EffectCheck) => {
    const done = await target.execute(input, analysis, contextOf(effect === undefined ? {} : { effect }));
    if (done.outcome !== 'succeeded') throw new Error(JSON.stringify(done));
  };
  const preview = async (bind: 'exact' | 'counts') => {
    const { impact } = await target.preview(input, analysis, signal, wish(bind));
    if (impact.how !== 'trial') throw new Error(JSON.stringify(impact));
  };
  const things = {
    'bare, by pg': () => shop.observer.query(`begin; ${sql}; commit`),
    'guarded, nothing bound': () => run(),
    'guarded, counts bound': () => run(check('counts')),
    'guarded, values bound': () => run(check('exact')),
    'trial, counts': () => preview('counts'),
    'trial, values (made twice)': () => preview('exact'),
  };
  for (const one of Object.values(things)) await warmUp(10, one);
  const measured = await inTurns(rounds, 1, things);
  const bare = measured['bare, by pg'].medianMs;
  for (const [what, { medianMs }] of Object.entries(measured))
    print(
      `${String(rows).padStart(4)}  ${what.padEnd(26)} ${medianMs.toFixed(2).padStart(9)}   ${(medianMs / bare).toFixed(1).padStart(5)}`,
    );
}
await shop[Symbol.asyncDispose]();
