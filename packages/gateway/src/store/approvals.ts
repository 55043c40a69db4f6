/** Approvals and their votes. */
import type { ApprovalDigest, ApprovalId, CallId, CallState, EventId, Requirement } from '@countersign/core';
import { type RawBuilder, sql } from 'kysely';
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
  readonly tool: string;
  readonly connection: string;
  readonly state: CallState;
  readonly created_at: Date;
  readonly vote_by: Date;
  /** Null once those who were asked have been reminded. */
  readonly remind_at: Date | null;
  readonly start_by: Date | null;
}

const columns =
  sql.raw(`a.id, a.call_id, a.digest, a.requirement, a.preview_event, c.principal, c.owner, c.on_behalf_of,
  c.run, c.run_id, c.tool, c.connection, c.state, c.created_at, c.vote_by, c.remind_at, c.start_by`);

export async function findApproval(db: Database, id: ApprovalId): Promise<ApprovalRow | null> {
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from approvals a join calls c on c.id = a.call_id where a.id = ${id}`.execute(db);
  return rows[0] ?? null;
}

/** The approvals of these calls, those that have one. By primary key. */
export async function approvalsOfCalls(
  db: Database,
  calls: readonly CallId[],
): Promise<readonly ApprovalRow[]> {
  if (calls.length === 0) return [];
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from approvals a join calls c on c.id = a.call_id
    where a.call_id in (${sql.join(calls)})`.execute(db);
  return rows;
}

/** Whose approvals are looked for. */
export interface Onlooker {
  /** Those that ask one of the groups, and those of calls made by or for the human; null for who is nobody to vote. */
  readonly human: { readonly name: string; readonly groups: readonly string[] } | null;
  /** All others, too. */
  readonly everything: boolean;
}

type Human = NonNullable<Onlooker['human']>;

/** Whether the call `c` asks the human, and is neither theirs nor for them. */
const asks = ({ name, groups }: Human) => sql`(
  c.asked_groups ?| array(select jsonb_array_elements_text(${JSON.stringify(groups)}::text::jsonb))
  and c.owner is distinct from ${name} and c.on_behalf_of is distinct from ${name})`;

/** Whether the call `c` may be looked at by the onlooker. */
export const isSeenBy = ({ human, everything }: Onlooker) =>
  everything || human === null
    ? sql`${everything}::boolean`
    : sql`(c.asked_groups ?| array(select jsonb_array_elements_text(${JSON.stringify(human.groups)}::text::jsonb))
        or c.owner = ${human.name} or c.on_behalf_of = ${human.name})`;

/** How far a list goes. */
export interface Page {
  /** The last one of the page before. */
  readonly after?: ApprovalId | undefined;
  readonly limit: number;
}

/**
 * Those that wait: first those that the onlooker is asked about, then the others they may look at, the oldest first. What
 * stands beside a call is read for those of the page only.
 */
export async function waitingApprovals(
  db: Database,
  onlooker: Onlooker,
  { after, limit }: Page,
): Promise<readonly ApprovalRow[]> {
  const part = (which: RawBuilder<unknown>, from: ApprovalId | undefined, most: number) => {
    const beyond =
      from === undefined
        ? sql`true`
        : sql`(c.created_at, c.id) > (
            select c.created_at, c.id from calls c join approvals a on a.call_id = c.id where a.id = ${from})`;
    return sql<ApprovalRow>`
      select ${columns} from (
        select * from calls c where c.state = 'waiting' and c.vote_by > clock_timestamp() and ${which} and ${beyond}
        order by c.created_at, c.id limit ${most}) c
      join approvals a on a.call_id = c.id order by c.created_at, c.id`.execute(db);
  };
  const { human } = onlooker;
  if (human === null) return (await part(isSeenBy(onlooker), after, limit)).rows;
  const [asked, others] = [asks(human), sql`${isSeenBy(onlooker)} and ${asks(human)} is not true`];
  const inFirst = after === undefined || (await isAsked(db, after, human));
  const first = inFirst ? (await part(asked, after, limit)).rows : [];
  if (first.length === limit) return first;
  return [...first, ...(await part(others, inFirst ? undefined : after, limit - first.length)).rows];
}

/** Whether an approval is one that asks the human. */
async function isAsked(db: Database, id: ApprovalId, human: Human): Promise<boolean> {
  const { rows } = await sql`
    select 1 from approvals a join calls c on c.id = a.call_id where a.id = ${id} and ${asks(human)}`.execute(
    db,
  );
  return rows.length > 0;
}

/** How many wait for the onlooker's vote, counted up to `most`. */
export async function waitingFor(db: Database, { human }: Onlooker, most: number): Promise<number> {
  if (human === null) return 0;
  const { rows } = await sql<{ n: number }>`
    select count(*)::float8 as n from (
      select 1 from calls c join approvals a on a.call_id = c.id
      where c.state = 'waiting' and c.vote_by > clock_timestamp() and ${asks(human)}
        and not exists (select 1 from votes v where v.approval_id = a.id and v.person = ${human.name})
      limit ${most}) w`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Others of the same runs that wait, the oldest first, at most so many of a run. By the index on calls of a run. */
export async function waitingInRuns(
  db: Database,
  runs: readonly string[],
  each: number,
): Promise<readonly ApprovalRow[]> {
  if (runs.length === 0) return [];
  const { rows } = await sql<ApprovalRow>`
    select w.* from jsonb_array_elements_text(${JSON.stringify(runs)}::text::jsonb) as r (id), lateral (
      select ${columns} from calls c join approvals a on a.call_id = c.id
      where c.run_id = r.id and c.state = 'waiting' order by c.created_at, c.id limit ${each}) w`.execute(db);
  return rows;
}

export interface VoteRow {
  readonly approval_id: ApprovalId;
  readonly person: string;
  readonly account: string;
  readonly groups: readonly string[];
  readonly vote: 'approve' | 'reject';
  readonly reason_event: EventId;
  readonly at: Date;
  /** When the voter signed in for this very approval; null where they did not. */
  readonly signed_in_at: Date | null;
  /** Whether the token or the session it was cast with was taken away since. */
  readonly revoked: boolean;
}

export async function castVotes(db: Database, approval: ApprovalId): Promise<readonly VoteRow[]> {
  return votesOn(db, [approval]);
}

/** The votes on several approvals, each approval's in the order they were cast. */
export async function votesOn(db: Database, approvals: readonly ApprovalId[]): Promise<readonly VoteRow[]> {
  if (approvals.length === 0) return [];
  const { rows } = await sql<VoteRow>`
    select approval_id, person, account, groups, vote, reason_event, at, signed_in_at,
      exists (select 1 from tokens t where t.id = v.credential and t.revoked_at is not null)
        or exists (select 1 from sessions s where s.id = v.credential and s.revoked) as revoked
    from votes v where approval_id in (${sql.join(approvals)}) order by at, id`.execute(db);
  return rows;
}
