/**
 * PostgreSQL as the oracle: generated statements, and those that generated ones have taught, judged by the analysis and
 * by a server. `differential.ts` runs more of them.
 */
import { createAnalyser } from '@countersign/postgres';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compare, compareGiven, type Report } from './judge.ts';
import { Oracle } from './server.ts';
import { taught } from './taught.ts';

const analyser = createAnalyser();
let server: PostgresServer;
let oracle: Oracle;
let lacking: ReadonlyMap<string, string>;

beforeAll(async () => {
  server = await startPostgres({ shared: false });
  oracle = await Oracle.open((await server.createDatabase({ name: 'world' })).url);
  lacking = await oracle.lackingRoles();
}, 60_000);

afterAll(async () => {
  await analyser.close();
  await oracle.close();
  await server.stop();
});

const seed = 20_261;

test('of ten thousand statements none is called a read that is none, the columns called read are those demanded, and values flow where it is said', async () => {
  const report = await compare(oracle, analyser, { cases: 10_000, seed, columnsEvery: 4, lacking });
  expect(report.findings).toEqual([]);
  // The grammar still makes what it is meant to make.
  expect(report.reads).toBeGreaterThan(5500);
  expect(report.writes).toBeGreaterThan(2000);
  expect(report.demanded).toBeGreaterThan(3000);
  expect(report.flows).toBeGreaterThan(1000);
  expect(share(report)).toBeLessThan(0.2);
}, 300_000);

/** Of the reads, how many the server takes for wrong: most of them calls of functions and operators with odd arguments. */
const share = ({ lax, reads }: Report) => lax / reads;

test.each(taught)('%s', async (_title, sql) => {
  const { findings } = await compareGiven(oracle, analyser, [sql], lacking);
  expect(findings).toEqual([]);
});
