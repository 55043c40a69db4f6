/** Reads one call, by its id or by its key. One index look-up each. */
import type { CallId } from '@countersign/core';
import { sql } from 'kysely';
import { type CallRow, callColumns } from './call-row.ts';
import type { Database } from './store.ts';

export async function findCall(db: Database, id: CallId): Promise<CallRow | null> {
  const { rows } = await sql<CallRow>`
    select ${callColumns} from calls c left join approvals a on a.call_id = c.id where c.id = ${id}`.execute(
    db,
  );
  return rows[0] ?? null;
}

export interface CallKey {
  readonly principal: string;
  readonly run: string;
  readonly tool: string;
  readonly call: string;
}

export async function findCallByKey(db: Database, key: CallKey): Promise<CallRow | null> {
  const { rows } = await sql<CallRow>`
    select ${callColumns} from calls c left join approvals a on a.call_id = c.id
    where c.principal = ${key.principal} and c.run = ${key.run} and c.tool = ${key.tool} and c.call = ${key.call}`.execute(
    db,
  );
  return rows[0] ?? null;
}
