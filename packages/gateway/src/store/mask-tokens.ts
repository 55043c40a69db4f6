/** Tokens and the values they stand for, each encrypted under its run's key. */
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface TokenRow {
  readonly token: string;
  readonly domain: string;
  readonly value: Buffer;
}

/** Rows of one statement: their parameters have to fit into one message. */
const perStatement = 1000;

/** Keeps tokens of a run. A token is made of its value, so one that is there already says the same. */
export async function keepTokens(db: Database, runId: string, tokens: readonly TokenRow[]): Promise<void> {
  for (let from = 0; from < tokens.length; from += perStatement) {
    const rows = tokens
      .slice(from, from + perStatement)
      .map(({ token, domain, value }) => sql`(${runId}, ${token}, ${domain}, ${value}::bytea)`);
    await sql`
      insert into mask_tokens (run_id, token, domain, value) values ${sql.join(rows)} on conflict do nothing`.execute(
      db,
    );
  }
}

/** Those of these tokens that the run was given. */
export async function findTokens(
  db: Database,
  runId: string,
  tokens: readonly string[],
): Promise<readonly TokenRow[]> {
  const { rows } = await sql<{ token: string; domain: string; value: Uint8Array }>`
    select token, domain, value from mask_tokens
    where run_id = ${runId} and token in (${sql.join(tokens)})`.execute(db);
  return rows.map(({ token, domain, value }) => ({ token, domain, value: Buffer.from(value) }));
}
