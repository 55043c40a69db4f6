/**
 * Records a new call with its event and its contents, in one statement, unless its key is known: the unique index on
 * (principal, run, tool, call) decides a race. A call that is allowed or denied at once is never seen as submitted.
 */
import type { CallId, CallState, DecisionCode, EventId, InputDigest, ProtocolName } from '@countersign/core';
import { sql } from 'kysely';
import { type CallRow, callColumns } from './call-row.ts';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export interface NewCall {
  readonly id: CallId;
  readonly principal: string;
  readonly onBehalfOf: string | null;
  readonly owner: string | null;
  readonly run: string;
  readonly runId: string;
  readonly tool: string;
  readonly call: string;
  readonly connection: string;
  readonly protocol: ProtocolName;
  readonly inputDigest: InputDigest;
  readonly inputKey: string;
  readonly effectKey: string;
  readonly writes: boolean;
  readonly state: CallState & ('submitted' | 'allowed' | 'denied');
  readonly code: DecisionCode;
  readonly startWithinMs: number;
  /** The gateway that is deciding it: recovery denies what a dead one left submitted. */
  readonly instance: string;
}

/** @returns the row; null when a call with this key exists already, and nothing is written then. */
export async function insertCall(
  db: Database,
  call: NewCall,
  event: NewEvent & { id: EventId },
): Promise<CallRow | null> {
  const startBy = call.state === 'allowed' ? call.startWithinMs : null;
  const finished = call.state === 'denied';
  const { rows } = await sql<CallRow>`
    with inserted as (
      insert into calls (id, principal, on_behalf_of, owner, run, run_id, tool, call, connection, protocol, input_digest,
                         input_key, effect_key, writes, state, code, record_event, start_within_ms, start_by, owner_instance,
                         finished_at)
      values (${call.id}, ${call.principal}, ${call.onBehalfOf}, ${call.owner}, ${call.run}, ${call.runId}, ${call.tool},
              ${call.call}, ${call.connection}, ${call.protocol}, ${call.inputDigest}, ${call.inputKey}, ${call.effectKey},
              ${call.writes}, ${call.state}, ${call.code}, ${event.id}, ${call.startWithinMs},
              clock_timestamp() + ${startBy}::float8 * interval '1 millisecond', ${call.instance},
              case when ${finished}::boolean then clock_timestamp() end)
      on conflict (principal, run, tool, call) do nothing
      returning *),
    ${eventCtes(event, 'inserted')}
    select ${callColumns} from inserted c left join approvals a on a.call_id = c.id`.execute(db);
  return rows[0] ?? null;
}
