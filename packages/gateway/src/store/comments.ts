/** What people said beside approvals; the texts are contents. */
import type { ApprovalId, EventId } from '@countersign/core';
import { sql } from 'kysely';
import { eventCtes, type NewEvent } from './event-row.ts';
import type { Database } from './store.ts';

export interface CommentRow {
  /** The event whose content holds the text. */
  readonly id: EventId;
  readonly approval_id: ApprovalId;
  readonly person: string;
  readonly at: Date;
}

export interface NewComment {
  readonly approval: ApprovalId;
  readonly person: string;
  readonly account: string;
  /** How many an approval may have of one person, and of all. */
  readonly most: { readonly ofOne: number; readonly ofAll: number };
}

/** @returns false where it waits no longer, or there are too many already; nothing is written then. */
export async function insertComment(
  db: Database,
  { approval, person, account, most }: NewComment,
  event: NewEvent & { readonly id: EventId },
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // One after another: those who comment at the same time would each find room.
    await sql`select 1 from approvals where id = ${approval} for update`.execute(tx);
    const { rows } = await sql`
      with said as (
        insert into comments (id, approval_id, person, account)
        select ${event.id}::text, a.id, ${person}::text, ${account}::text
        from approvals a join calls c on c.id = a.call_id
        where a.id = ${approval} and c.state = 'waiting'
          and (select count(*) from comments m where m.approval_id = a.id) < ${most.ofAll}
          and (select count(*) from comments m where m.approval_id = a.id and m.person = ${person}) < ${most.ofOne}
        returning id),
      ${eventCtes(event, 'said')}
      select id from said`.execute(tx);
    return rows.length === 1;
  });
}

/** The comments on several approvals, each approval's in the order they were made. */
export async function commentsOn(
  db: Database,
  approvals: readonly ApprovalId[],
): Promise<readonly CommentRow[]> {
  if (approvals.length === 0) return [];
  const { rows } = await sql<CommentRow>`
    select id, approval_id, person, at from comments
    where approval_id in (${sql.join(approvals)}) order by at, id`.execute(db);
  return rows;
}
