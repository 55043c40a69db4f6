/** Tokens as the store holds them: a hash, never the token. */
import type { TokenClass, TokenId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export interface TokenRow {
  readonly id: TokenId;
  readonly class: TokenClass;
  readonly name: string;
  readonly groups: readonly string[];
  readonly owner: string | null;
  readonly on_behalf_of: string | null;
  readonly hash: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
  /** By the store's clock: neither revoked nor expired. */
  readonly valid: boolean;
}

const columns =
  sql.raw(`id, class, name, groups, owner, on_behalf_of, hash, created_at, expires_at, revoked_at,
  (revoked_at is null and expires_at > clock_timestamp()) as valid`);

export async function findToken(db: Database, id: TokenId): Promise<TokenRow | null> {
  const { rows } = await sql<TokenRow>`select ${columns} from tokens where id = ${id}`.execute(db);
  return rows[0] ?? null;
}

export async function listTokens(db: Database): Promise<readonly TokenRow[]> {
  const { rows } =
    await sql<TokenRow>`select ${columns} from tokens order by created_at desc, id limit 1000`.execute(db);
  return rows;
}

export type NewToken = Omit<TokenRow, 'created_at' | 'expires_at' | 'revoked_at' | 'valid'> & {
  readonly created_by: string;
  readonly expires_in: number;
};

export async function insertToken(db: Database, token: NewToken, event: NewEvent): Promise<TokenRow> {
  const { rows } = await sql<TokenRow>`
    with minted as (
      insert into tokens (id, class, name, groups, owner, on_behalf_of, hash, created_by, expires_at)
      values (${token.id}, ${token.class}, ${token.name}, ${JSON.stringify(token.groups)}::text::jsonb, ${token.owner},
              ${token.on_behalf_of}, ${token.hash}, ${token.created_by},
              clock_timestamp() + ${token.expires_in}::float8 * interval '1 second')
      returning *),
    ${eventCtes(event, 'minted')}
    select ${columns} from minted`.execute(db);
  const row = rows[0];
  if (row === undefined) throw new Error('an insert returned no row');
  return row;
}

/** @returns false when there is no such token, or it was revoked before. */
export async function revokeToken(db: Database, id: TokenId, event: NewEvent): Promise<boolean> {
  const { rows } = await sql`
    with revoked as (
      update tokens set revoked_at = clock_timestamp() where id = ${id} and revoked_at is null returning id),
    ${eventCtes(event, 'revoked')}
    select id from revoked`.execute(db);
  return rows.length === 1;
}
