/** Numbered migrations, forward only. Each runs once, in a transaction, under a lock that a second gateway waits for. */
import { CountersignError } from '@countersign/core';
import { sql } from 'kysely';
import { first } from './migrations/0001-first.ts';
import { parkedRuns } from './migrations/0002-parked-runs.ts';
import { drifts } from './migrations/0003-drifts.ts';
import { maskTokens } from './migrations/0004-mask-tokens.ts';
import { cancelAsked } from './migrations/0005-cancel-asked.ts';
import { sessions } from './migrations/0006-sessions.ts';
import { approvals } from './migrations/0007-approvals.ts';
import { looks } from './migrations/0008-looks.ts';
import { eventsOfRuns } from './migrations/0009-events-of-runs.ts';
import type { Database } from './store.ts';

/** In order; a migration that has landed never changes. */
export const migrations: readonly { readonly number: number; readonly statements: string }[] = [
  { number: 1, statements: first },
  { number: 2, statements: parkedRuns },
  { number: 3, statements: drifts },
  { number: 4, statements: maskTokens },
  { number: 5, statements: cancelAsked },
  { number: 6, statements: sessions },
  { number: 7, statements: approvals },
  { number: 8, statements: looks },
  { number: 9, statements: eventsOfRuns },
];

/** The schema that this version writes. */
export const newestSchema = migrations.at(-1)?.number ?? 0;

/** Brings the schema up to date. @throws {CountersignError} `data_damaged` for a store written by a newer version. */
export async function migrate(db: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(7400)`.execute(tx);
    await sql`create table if not exists migrations (number integer primary key, at timestamptz not null default clock_timestamp())`.execute(
      tx,
    );
    const done = await sql<{ number: number }>`select number from migrations order by number`.execute(tx);
    const newest = done.rows.at(-1)?.number ?? 0;
    if (newest > newestSchema) {
      throw new CountersignError('data_damaged', {
        what: `the store has schema ${newest}`,
        expected: `at most ${newestSchema}; use a newer version`,
      });
    }
    const ran = new Set(done.rows.map(({ number }) => number));
    for (const { number, statements } of migrations.filter((one) => !ran.has(one.number))) {
      // One statement a message; the schema's own text holds no semicolon but between statements and in comments.
      for (const statement of statements.replace(/--[^\n]*/g, '').split(';')) {
        if (statement.trim() !== '') await sql.raw(statement).execute(tx);
      }
      await sql`insert into migrations (number) values (${number})`.execute(tx);
    }
  });
}
