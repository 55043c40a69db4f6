// One PostgreSQL for the whole run, so that a test file only pays for its own databases. It ends with this process,
// however the run ends; the teardown only makes that tidy.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../packages/testing/src/postgres.ts';

export default async function setUp() {
  // What the processes that tests start compile is kept between them, and between runs: they start in half the time.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), `countersign-compiled-${process.getuid?.() ?? 0}`);
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
