// One PostgreSQL for the whole run, so that a test file only pays for its own databases. It ends with this process,
// however the run ends; the teardown only makes that tidy.
import { startPostgres } from '../../packages/testing/src/postgres.ts';

export default async function setUp() {
  if (process.env.COUNTERSIGN_TEST_POSTGRES) return;
  try {
    const server = await startPostgres();
    process.env.COUNTERSIGN_TEST_POSTGRES = server.url;
    globalThis.countersignPostgres = server;
  } catch (error) {
    // Tests that need a database will say so themselves; the others can still run.
    process.stderr.write(`No PostgreSQL for this run. ${String(error)}\n`);
  }
}
