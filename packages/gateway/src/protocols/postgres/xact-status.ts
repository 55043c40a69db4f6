/** The server's own word on a transaction. */
import type { ClientBase } from 'pg';
import { readFault } from '../../connections/postgres-fault.ts';

export type XactStatus = 'committed' | 'aborted' | 'in progress' | null;

/** Null for a transaction too old to be remembered, or one that has not been yet. Rejects with the driver's error. */
export async function xactStatus(client: ClientBase, xid: string): Promise<XactStatus> {
  try {
    const { rows } = await client.query<{ status: XactStatus }>(
      'SELECT pg_catalog.pg_xact_status($1::xid8) AS status',
      [xid],
    );
    return rows[0]?.status ?? null;
  } catch (error) {
    const fault = readFault(error);
    // Invalid parameter value: in the future of this server's history.
    if (fault.kind === 'refused' && fault.sqlstate === '22023') return null;
    throw error;
  }
}
