/**
 * A write: one transaction, known to the store before its first statement is sent, so that whatever happens to the
 * gateway or the network, the server can be asked how it ended.
 */
import { CountersignError, type Ran, type RowsResult, rowsChanged } from '@countersign/core';
import type { Analysis, ExecuteContext, Execution } from '../protocol.ts';
import type { WriteFacts } from './backend-facts.ts';
import { deadline } from './deadline.ts';
import { EffectMeter } from './effect-meter.ts';
import { changesSchema, mayActOutside, type Plan } from './effects.ts';
import { failed } from './failure.ts';
import { type PostgresInput, parameterText } from './input.ts';
import { lockFirst } from './lock-first.ts';
import { checkOutputs, nothingOf, rowMask } from './mask.ts';
import { type MeasuredText, measuredBytes, measuredTexts, plainText } from './measured-text.ts';
import { openPortal, type Row, type Step } from './portal.ts';
import type { Reach } from './reach.ts';
import { settle } from './recover.ts';
import { maxDigestedRows } from './row-digest.ts';
import { RowWindow, wireCap } from './row-window.ts';
import { LeftTransaction, Transaction } from './transaction.ts';

/** Milliseconds for asking what became of a COMMIT whose answer was lost. */
const settleWithinMs = 5000;
const ground = Object.freeze({ readOnly: false, wall: false });

export async function executeWrite(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  plan: Plan,
  context: ExecuteContext,
): Promise<Execution> {
  const { limits } = context;
  const clock = deadline(reach.runtime, limits.timeoutMs, [context.signal, reach.closing]);
  let ran: Ran = 'no';
  let transaction: Transaction<WriteFacts> | null = null;
  try {
    reach.runtime.reached('begin.before');
    transaction = await Transaction.write(reach, 'write', { statementMs: limits.timeoutMs }, clock.signal);
    const { evidence } = transaction.facts;
    reach.runtime.reached('started.before');
    await context.started(evidence);
    reach.runtime.reached('started.after');
    clock.signal.throwIfAborted();
    ran = mayActOutside(analysis) ? 'maybe_outside' : 'rolled_back';
    const result = await runStatements(reach, transaction, input, analysis, plan, context);
    reach.runtime.reached('commit.before');
    const commit = await transaction.commit(evidence.xid);
    reach.runtime.reached('commit.after');
    transaction = null;
    switch (commit.kind) {
      case 'committed':
        return succeeded(reach, analysis, result);
      case 'rolled_back':
        return failed(commit.error ?? new CountersignError('target_error'), ran, ground, context);
      case 'unsure':
        return await settled(reach, analysis, evidence, result, ran);
    }
  } catch (error) {
    if (transaction !== null) await transaction.rollback();
    if (error instanceof LeftTransaction)
      return { outcome: 'unknown', code: 'outcome_unknown', message: null };
    if (error instanceof CountersignError && error.code === 'schema_changed') reach.catalogs.forget();
    return failed(error, ran, ground, context);
  } finally {
    clock.clear();
  }
}

/** The statements one at a time; what the last one returns is the result. A result that doesn't fit undoes it all. */
async function runStatements(
  reach: Reach,
  transaction: Transaction<WriteFacts>,
  input: PostgresInput,
  analysis: Analysis,
  plan: Plan,
  { limits, masker, effect: check, signal }: ExecuteContext,
): Promise<RowsResult> {
  const values = input.params.map(parameterText);
  const last = plan.statements.length - 1;
  const alone = plan.statements.some((statement) => statement.standsAlone);
  if (alone) {
    await lockFirst(transaction, analysis.effects);
    await transaction.compare(plan);
  }
  const measured =
    check === undefined || alone
      ? null
      : {
          texts: await measuredTexts(reach, plan, values.length, check.bind, signal),
          meter: await EffectMeter.start(transaction, check, mayActOutside(analysis)),
        };
  let window = new RowWindow(limits, nothingOf);
  let step: Step = { columns: [], suspended: false, tag: null, snapshot: null };
  for (const [i, { text }] of plan.statements.entries()) {
    window = new RowWindow(limits, i === last ? rowMask(masker) : nothingOf);
    const { add } = window;
    const returning = measured?.texts[i];
    if (measured === null || returning === undefined || returning.written === null) {
      measured?.meter.reader(returning ?? plainText(text, null));
      transaction.allow(wireCap(limits.bytes));
      step = await transaction.step((client) =>
        openPortal(client, { text, values, rows: limits.rows + 1, onRow: add }),
      );
      if (step.suspended || window.cut) throw new CountersignError('result_too_large');
    } else {
      step = await runMeasured(transaction, returning, values, measured.meter.reader(returning), add);
      if (window.cut) throw new CountersignError('result_too_large');
    }
  }
  if (!alone) await transaction.compare(plan);
  // Before COMMIT: what can't be shown safely undoes the write instead of losing its result.
  checkOutputs(step.columns, analysis.lineage);
  if (check !== undefined) {
    const measurement = measured === null ? null : await measured.meter.finish(transaction);
    const effect = measurement === null || typeof measurement === 'string' ? null : measurement.effect;
    const holds = await check.holds({ effect, rows: effect === null ? null : rowsChanged(effect) });
    if (!holds) throw new CountersignError('effect_drift');
  }
  const affected = affectedRows(step.tag);
  return {
    columns: [...step.columns],
    rows: window.rows.map((row) => [...row]),
    truncated: false,
    ...(affected === null ? {} : { affected }),
  };
}

/** A statement that returns the rows it writes, too: those are measured, and what it returns of its own goes on. */
async function runMeasured(
  transaction: Transaction<WriteFacts>,
  { text, own }: MeasuredText,
  values: readonly (string | null)[],
  measure: (row: Row) => void,
  add: (row: Row) => void,
): Promise<Step> {
  transaction.allow(measuredBytes);
  const onRow = (row: Row) => {
    measure(row);
    if (own > 0) add(row.slice(0, own));
  };
  const step = await transaction.step((client) =>
    openPortal(client, { text, values, rows: maxDigestedRows + 1, onRow }),
  );
  if (own > 0 && step.suspended) throw new CountersignError('result_too_large');
  return { ...step, columns: step.columns.slice(0, own) };
}

/** Of the last statement, as the server counts: `INSERT 0 3`, `UPDATE 3`. */
function affectedRows(tag: string | null): number | null {
  const counted = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(tag ?? '');
  return counted === null ? null : Number(counted[1]);
}

function succeeded({ catalogs }: Reach, analysis: Analysis, result: RowsResult): Execution {
  if (changesSchema(analysis)) catalogs.forget();
  return { outcome: 'succeeded', result };
}

/** COMMIT was sent and its answer lost: only the server knows. */
async function settled(
  reach: Reach,
  analysis: Analysis,
  evidence: Parameters<ExecuteContext['started']>[0],
  result: RowsResult,
  ran: Ran,
): Promise<Execution> {
  try {
    const found = await settle(reach, evidence, settleWithinMs, new AbortController().signal);
    if (found.outcome === 'succeeded') return succeeded(reach, analysis, result);
    if (found.outcome === 'failed')
      return { outcome: 'failed', code: 'target_unavailable', ran, message: null };
  } catch {
    // Not to be reached: it stays unknown.
  }
  return { outcome: 'unknown', code: 'outcome_unknown', message: null };
}
