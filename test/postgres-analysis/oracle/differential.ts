/**
 * Runs the differential test for as long as one likes:
 *
 *     node --conditions=@countersign/source test/postgres-analysis/oracle/differential.ts --cases 10000 --seeds 100
 *
 * With `--url` of an empty database it asks that server, of whichever supported version, instead of one of its own.
 * Prints a line for each seed, and every difference; ends with 1 where there was one.
 */
import { parseArgs } from 'node:util';
import { createAnalyser } from '@countersign/postgres';
import { startPostgres } from '@countersign/testing';
import { compare } from './judge.ts';
import { Oracle } from './server.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    url: { type: 'string' },
  },
});
const server = values.url === undefined ? await startPostgres({ shared: false }) : null;
const url = values.url ?? (await server?.createDatabase({ name: 'world' }))?.url ?? '';
const oracle = await Oracle.open(url);
const lacking = await oracle.lackingRoles();
const analyser = createAnalyser();
let differences = 0;
const from = Number(values.from);
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const { findings, ...counts } = await compare(oracle, analyser, {
    cases: Number(values.cases),
    seed,
    columnsEvery: 4,
    lacking,
  });
  differences += findings.length;
  process.stdout.write(`${JSON.stringify({ seed, ...counts, differences: findings.length })}\n`);
  for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
}
await oracle.dropRoles(lacking.values());
await oracle.close();
await analyser.close();
await server?.stop();
process.exitCode = differences === 0 ? 0 : 1;
