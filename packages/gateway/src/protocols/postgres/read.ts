/**
 * A read: a READ ONLY transaction, its rows through a portal. The first batch holds the statement's locks; with those
 * held the schema is compared, and only then does a row leave.
 */
import { CountersignError, type Ran, type RowsResult } from '@countersign/core';
import type { LoginName } from '../../connections/postgres-logins.ts';
import { withSignal } from '../../connections/with-signal.ts';
import type { Analysis, ExecuteContext, Execution, RowSink } from '../protocol.ts';
import type { BackendFacts } from './backend-facts.ts';
import { deadline } from './deadline.ts';
import { onlyReads, type Plan } from './effects.ts';
import { failed } from './failure.ts';
import { type PostgresInput, parameterText } from './input.ts';
import { checkOutputs, nothingOf, rowMask } from './mask.ts';
import { fetchMore, openPortal } from './portal.ts';
import type { Reach } from './reach.ts';
import { RowWindow, wireCap } from './row-window.ts';
import { LeftTransaction, Transaction } from './transaction.ts';

/** Rows of the first batch, before it is known how large they are. */
const firstBatch = 25;
const largestBatch = 1000;

export async function executeRead(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  plan: Plan,
  context: ExecuteContext,
): Promise<Execution> {
  const { limits } = context;
  const login = loginFor(analysis, context);
  const ground = { readOnly: true, wall: login === 'wall' && reach.hasWall };
  const clock = deadline(reach.runtime, limits.timeoutMs, [context.signal, reach.closing]);
  let ran: Ran = 'no';
  let transaction: Transaction<BackendFacts> | null = null;
  try {
    reach.runtime.reached('read.before');
    transaction = await Transaction.read(reach, login, { statementMs: limits.timeoutMs }, clock.signal);
    ran = 'rolled_back';
    let result: RowsResult = { columns: [], rows: [], truncated: false };
    for (const [i, { text }] of plan.statements.entries()) {
      const isLast = i === plan.statements.length - 1;
      const window = new RowWindow(limits, isLast ? rowMask(context.masker) : nothingOf);
      const values = input.params.map(parameterText);
      // What a check of the whole may yet refuse is kept until then.
      const sink = isLast && context.effect === undefined ? context.rows : undefined;
      const check = (columns: readonly string[]) => isLast && checkOutputs(columns, analysis.lineage);
      result = await readRows(transaction, { text, values }, plan, window, {
        limits,
        sink,
        check,
        signal: clock.signal,
      });
    }
    reach.runtime.reached('read.after');
    const rows = result.truncated ? null : result.rows.length;
    if ((await context.effect?.holds({ rows, effect: null })) === false)
      throw new CountersignError('effect_drift');
    if (context.effect !== undefined && context.rows !== undefined) {
      await context.rows.columns(result.columns);
      if (result.rows.length > 0) await context.rows.rows(result.rows);
      return { outcome: 'succeeded', result: { ...result, rows: [] } };
    }
    return { outcome: 'succeeded', result };
  } catch (error) {
    const fault = error instanceof LeftTransaction ? new CountersignError('wall_refused') : error;
    if (fault instanceof CountersignError && fault.code === 'schema_changed') reach.catalogs.forget();
    return failed(fault, ran, ground, context);
  } finally {
    clock.clear();
    transaction?.abandon();
  }
}

/** Reads run as the weakest login that can do it: no protected column in sight is what the wall is made for. */
function loginFor(analysis: Analysis, { masks, freeOfHidden = masks.showErrors }: ExecuteContext): LoginName {
  if (!onlyReads(analysis)) return 'write';
  return freeOfHidden && masks.columns.every((mask) => mask === null) ? 'wall' : 'read';
}

interface Reading {
  readonly limits: ExecuteContext['limits'];
  /** Where its rows go, instead of into the result. */
  readonly sink: RowSink | undefined;
  /** Throws where these are not the columns that the masks are for. */
  readonly check: (columns: readonly string[]) => unknown;
  readonly signal: AbortSignal;
}

async function readRows(
  transaction: Transaction<BackendFacts>,
  statement: { readonly text: string; readonly values: readonly (string | null)[] },
  plan: Plan,
  window: RowWindow,
  { limits, sink, check, signal }: Reading,
): Promise<RowsResult> {
  const batch = (most: number) => {
    transaction.allow(wireCap(limits.bytes));
    return window.nextBatch(most);
  };
  const rows = batch(firstBatch);
  let step = await transaction.step((client) =>
    openPortal(client, { ...statement, rows, onRow: window.add, snapshot: true }),
  );
  const { columns, snapshot } = step;
  await transaction.compare(plan, snapshot);
  check(columns);
  const handOver = async () => {
    const taken = window.take();
    // Whoever takes them may have stopped taking; a stop and the clock end the call all the same.
    if (sink !== undefined && taken.length > 0) await withSignal(sink.rows(taken), signal);
  };
  if (sink !== undefined) await withSignal(sink.columns(columns), signal);
  for (;;) {
    if (sink !== undefined) await handOver();
    if (!step.suspended || window.cut) break;
    const rows = batch(largestBatch);
    step = await transaction.step((client) => fetchMore(client, rows, window.add));
  }
  if (window.cut && window.count === 0) throw new CountersignError('result_too_large');
  return { columns: [...columns], rows: window.rows.map((row) => [...row]), truncated: window.cut };
}
