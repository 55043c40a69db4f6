/**
 * Runs as people look back on them: a time line of calls, votes and outcomes. A person sees the runs in which they were
 * asked, or that act for them: of every call of such a run what it would do and what became of it, and of the calls they
 * were asked about also what was said and what came back.
 */
import {
  type ApprovalId,
  type CallId,
  type CallInput,
  CountersignError,
  type Moment,
  type RunCall,
  type RunId,
  type RunList,
  type RunSummary,
  type RunView,
  visibleLine,
  visibleText,
} from '@countersign/core';
import { approvalsOfCalls, votesOn } from '../store/approvals.ts';
import type { CallRow } from '../store/call-row.ts';
import { commentsOn } from '../store/comments.ts';
import {
  callsOfRun,
  eventsOfCalls,
  findRuns,
  type RunFilter,
  type RunRow,
  seesRun,
  summarizeRuns,
} from '../store/runs.ts';
import { commentViews, voteViews } from './approval-view.ts';
import { type CallRecord, readRecord } from './record.ts';
import type { Room } from './room.ts';
import { storedResult } from './settle.ts';
import { mayLook, onlookerOf, type Viewer } from './sight.ts';
import { callView } from './view.ts';

/** Events of a call that its time line shows. */
const mostMoments = 100;

export async function runList(room: Room, viewer: Viewer, filter: RunFilter): Promise<RunList> {
  const { ids, next } = await findRuns(room.db, filter, onlookerOf(room, viewer));
  return { runs: (await summarizeRuns(room.db, ids)).map(summaryOf), next };
}

/** @throws {CountersignError} `not_found`, also for what the viewer may not look at. */
export async function runView(
  room: Room,
  viewer: Viewer,
  id: RunId,
  page: { readonly after?: CallId | undefined; readonly limit: number },
): Promise<RunView> {
  if (!(await seesRun(room.db, id, onlookerOf(room, viewer))))
    throw new CountersignError('not_found', { what: id });
  const [[summary], rows] = await Promise.all([summarizeRuns(room.db, [id]), callsOfRun(room.db, id, page)]);
  if (summary === undefined) throw new CountersignError('not_found', { what: id });
  return {
    run: summaryOf(summary),
    calls: await runCalls(room, viewer, rows),
    next: rows.length === page.limit ? (rows.at(-1)?.id ?? null) : null,
  };
}

function summaryOf({ states, connections, ...row }: RunRow): RunSummary {
  const counts = states ?? {};
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    last_call_at: row.last_call_at?.toISOString() ?? null,
    calls: Object.values(counts).reduce((sum, count) => sum + count, 0),
    states: counts,
    connections: [...(connections ?? [])],
  };
}

async function runCalls(room: Room, viewer: Viewer, rows: readonly CallRow[]): Promise<RunCall[]> {
  const ids = rows.map(({ id }) => id);
  const asked = rows.flatMap(({ approval_id: approval }) => (approval === null ? [] : [approval]));
  const [approvals, votes, comments, events] = await Promise.all([
    approvalsOfCalls(room.db, ids),
    votesOn(room.db, asked),
    commentsOn(room.db, asked),
    eventsOfCalls(room.db, ids, mostMoments),
  ]);
  const approvalOf = new Map(approvals.map((approval) => [approval.call_id, approval]));
  const momentsOf = Map.groupBy(events, ({ call }) => call);
  const of = <T extends { readonly approval_id: ApprovalId }>(all: readonly T[], row: CallRow) =>
    all.filter(({ approval_id: approval }) => approval === row.approval_id);
  return Promise.all(
    rows.map(async (row): Promise<RunCall> => {
      const record = await recordOf(room, row);
      const approval = approvalOf.get(row.id);
      const may = viewer.everything || (approval !== undefined && mayLook(room, viewer, approval));
      return {
        id: row.id,
        tool: row.tool,
        connection: row.connection,
        protocol: row.protocol,
        state: row.state,
        code: row.code,
        effects: [...(record?.effects ?? [])],
        rules: [...(record?.rules ?? [])],
        created_at: row.created_at.toISOString(),
        vote_by: row.vote_by?.toISOString() ?? null,
        start_by: row.start_by?.toISOString() ?? null,
        finished_at: row.finished_at?.toISOString() ?? null,
        ran: row.ran,
        approval: row.approval_id,
        // How people voted is what became of the call; what they said is for those who were asked.
        votes: await voteViews(room, of(votes, row), { said: may }),
        comments: may ? await commentViews(room, of(comments, row)) : [],
        moments: (momentsOf.get(row.id) ?? []).map(({ bytes }) => momentOf(bytes)),
        words: may && record !== null ? await wordsOf(room, row, record) : null,
      };
    }),
  );
}

/** Null where the run's key was erased. */
async function recordOf(room: Room, row: CallRow): Promise<CallRecord | null> {
  try {
    return await readRecord(room, row.record_event);
  } catch (thrown) {
    if (thrown instanceof CountersignError && thrown.code === 'not_found') return null;
    throw thrown;
  }
}

async function wordsOf(room: Room, row: CallRow, record: CallRecord): Promise<RunCall['words']> {
  const told = row.state === 'succeeded' ? null : (await callView(room, row)).reason;
  return {
    input: inputShown(record.input),
    purpose: record.purpose === null ? null : visibleText(record.purpose),
    detail: visibleLine(record.detail),
    told: told === null ? null : visibleText(told),
    result: row.state === 'succeeded' ? shown(await storedResult(room, row.result_event)) : null,
  };
}

/** What came back, as nothing in it is invisible: names of columns are the agent's, and what it reads may be anyone's. */
function shown<T>(value: T): T;
function shown(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (Array.isArray(value)) return value.map((one) => shown(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)]));
}

/** What the agent wrote, field by field, as nothing in it is invisible. */
function inputShown(input: CallInput): { label: string; text: string }[] {
  return Object.entries(input).flatMap(([label, value]: [string, unknown]) => {
    if (value === undefined) return [];
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
    return [{ label, text: visibleText(text) }];
  });
}

function momentOf(bytes: string): Moment {
  const { at, type, actor } = JSON.parse(bytes) as Moment;
  return { at, type, actor };
}
