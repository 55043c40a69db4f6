/** A PostgreSQL store: whether it is there, keeps what it says it keeps, and agrees on the time. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import type { Client } from 'pg';
import { z } from 'zod';
import { faultInWords } from '../connections/fault-in-words.ts';
import { postgresConnection } from '../connections/postgres-connection.ts';
import { wayThere } from '../connections/way-there.ts';
import { withSignal } from '../connections/with-signal.ts';
import { deadline } from '../protocols/postgres/deadline.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { schemaVersion } from '../store/schema-version.ts';
import { compareClocks } from './clock.ts';
import { encryption } from './encryption.ts';
import { reviewSchema } from './schema.ts';
import type { StoreLook } from './store-look.ts';

/** Milliseconds for all of it. */
const withinMs = 5000;

/** Asks the store, and changes nothing in it. */
export async function inspectPostgresStore(
  url: string,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<StoreLook> {
  const clock = deadline(runtime, withinMs, [signal]);
  const urls = { wall: url, read: url, write: url };
  const connection = postgresConnection({ urls, hasWall: false }, runtime, { waitMs: 2 * withinMs });
  try {
    const looking = connection.aside('write', (client) => look(client, runtime));
    return await withSignal(looking, clock.signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { what, advice } = faultInWords(thrown);
    return { findings: [problem('store.reachable', `the PostgreSQL store: ${what}`, advice)], used: false };
  } finally {
    clock.clear();
    await connection.close();
  }
}

const question = `select current_setting('server_version') as release, current_setting('synchronous_commit') as commits,
  current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
  pg_is_in_recovery() as standby, (extract(epoch from clock_timestamp()) * 1000)::float8 as clock`;

const answerSchema = z.object({
  release: z.string(),
  commits: z.string(),
  fsync: z.string(),
  pages: z.string(),
  standby: z.boolean(),
  clock: z.number(),
});

async function look(client: Client, runtime: Runtime): Promise<StoreLook> {
  const rowsOf = async (text: string) => (await client.query<Record<string, unknown>>(text)).rows;
  const schema = await schemaVersion(rowsOf);
  const before = runtime.now();
  const [row] = await rowsOf(question);
  const after = runtime.now();
  const { release, clock, ...facts } = answerSchema.parse(row);
  const findings = [
    fine('store.reachable', `reached, PostgreSQL ${release.split(' ')[0]}`),
    reviewSchema(schema),
    ...reviewDurability(facts),
    encryption('store.tls', [{ label: 'the store', ...wayThere(client) }]),
    compareClocks('the store', { theirs: clock, before, after }),
  ];
  return { findings, used: schema.found > 0 };
}

export interface DurabilityFacts {
  /** `synchronous_commit` */
  readonly commits: string;
  readonly fsync: string;
  /** `full_page_writes` */
  readonly pages: string;
  readonly standby: boolean;
}

/** Whether a commit that was answered is still there after a crash of the store. */
export function reviewDurability({ commits, fsync, pages, standby }: DurabilityFacts): readonly Finding[] {
  const name = 'store.durability';
  const found = [
    ...(standby
      ? [problem(name, 'the store is a standby: nothing can be recorded in it', 'Name the primary.')]
      : []),
    ...(commits === 'off'
      ? [
          problem(
            name,
            'synchronous_commit is off: the store says that it kept what a crash can still take away',
            'ALTER ROLE … SET synchronous_commit = on, for the role that the gateway uses.',
          ),
        ]
      : []),
    ...(commits === 'local' || commits === 'remote_write'
      ? [
          warning(
            name,
            `synchronous_commit is ${commits}: a failover to a standby can lose what was recorded`,
            'Set synchronous_commit = on for the role that the gateway uses.',
          ),
        ]
      : []),
    ...(fsync === 'off' || pages === 'off'
      ? [
          problem(
            name,
            `${fsync === 'off' ? 'fsync' : 'full_page_writes'} is off: a power cut can destroy the store`,
            'Turn it on in postgresql.conf.',
          ),
        ]
      : []),
  ];
  return found.length > 0
    ? found
    : [fine(name, `it keeps what it commits (synchronous_commit = ${commits})`)];
}
