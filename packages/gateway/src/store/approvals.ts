/** Approvals and their votes. */
import type { ApprovalDigest, ApprovalId, CallId, CallState, EventId, Requirement } from '@countersign/core';
import { sql } from 'kysely';
import type { Database } from './store.ts';

export interface ApprovalRow {
  readonly id: ApprovalId;
  readonly call_id: CallId;
  readonly digest: ApprovalDigest;
  readonly requirement: Requirement;
  readonly preview_event: EventId;
  readonly principal: string;
  readonly owner: string | null;
  readonly on_behalf_of: string | null;
  readonly run: string;
  readonly run_id: string;
  readonly state: CallState;
  readonly created_at: Date;
  readonly vote_by: Date;
  readonly start_by: Date | null;
}

const columns =
  sql.raw(`a.id, a.call_id, a.digest, a.requirement, a.preview_event, c.principal, c.owner, c.on_behalf_of,
  c.run, c.run_id, c.state, c.created_at, c.vote_by, c.start_by`);

export async function findApproval(db: Database, id: ApprovalId): Promise<ApprovalRow | null> {
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from approvals a join calls c on c.id = a.call_id where a.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

/** Whose approvals are looked for: those that ask one of the groups, and those of calls made by or for the human. */
export interface Onlooker {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The oldest that wait, by the indexes on waiting calls. */
export async function waitingApprovals(
  db: Database,
  { name, groups }: Onlooker,
  limit: number,
): Promise<readonly ApprovalRow[]> {
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from calls c join approvals a on a.call_id = c.id
    where c.state = 'waiting' and c.vote_by > clock_timestamp()
      and (c.asked_groups ?| array(select jsonb_array_elements_text(${JSON.stringify(groups)}::text::jsonb))
           or c.owner = ${name} or c.on_behalf_of = ${name})
    order by c.created_at, c.id limit ${limit}`.execute(db);
  return rows;
}

export interface VoteRow {
  readonly person: string;
  readonly account: string;
  readonly groups: readonly string[];
  readonly vote: 'approve' | 'reject';
  readonly reason_event: EventId;
  readonly at: Date;
}

export async function castVotes(db: Database, approval: ApprovalId): Promise<readonly VoteRow[]> {
  const { rows } = await sql<VoteRow>`
    select person, account, groups, vote, reason_event, at from votes where approval_id = ${approval} order by at, id`.execute(
    db,
  );
  return rows;
}
