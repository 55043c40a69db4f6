/**
 * How the gateway answers each way to a protected value, as a table for `docs/masks.md`; with `--all` a line for each.
 * `node --conditions=@countersign/source test/masks/table.ts`
 */
import { endOf, openRoad } from './road.ts';
import { showing, telling, writing } from './ways/all.ts';

const all = process.argv.includes('--all');
await using road = await openRoad();
const ends = new Map<string, Map<string, number>>();
for (const { group, statements } of [...showing, ...telling, ...writing]) {
  const counts = ends.get(group) ?? new Map<string, number>();
  ends.set(group, counts);
  for (const on of ['canary', 'open'] as const) {
    const answers = await road.guarded(on, statements);
    const end = endOf(answers)
      .replace(/^deny: .*/, 'denied')
      .replace(/^failed: .*/, 'failed');
    counts.set(`${on} ${end}`, (counts.get(`${on} ${end}`) ?? 0) + 1);
    if (all) console.log(`${on}\t${endOf(answers)}\t${statements.join('; ')}`);
    if (group === 'writes' && answers.some(({ outcome }) => outcome !== 'not_executed'))
      await road.reseed(statements);
  }
}
console.log('| ways | tried | masked | denied | failed, without the words | masked | denied | failed |');
console.log('| --- | --: | --: | --: | --: | --: | --: | --: |');
for (const [group, counts] of ends) {
  const of = (on: string) => ['masked', 'denied', 'failed'].map((end) => counts.get(`${on} ${end}`) ?? 0);
  const strict = of('canary');
  const tried = strict.reduce((sum, count) => sum + count, 0);
  console.log(`| ${[group, tried, ...strict, ...of('open')].join(' | ')} |`);
}
