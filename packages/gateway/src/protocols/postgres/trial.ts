/**
 * A trial: the write is run, measured, and rolled back.
 *
 * ```
 * begun ─▶ statements ─▶ constraints ─▶ counted ─▶ schema compared ─▶ sample ─▶ rolled back
 *      └──────────┴──────────── lock wait > 200 ms, trial_timeout, a refusal, a stop ─────▶ rolled back
 * ```
 * Its locks are held no longer than `trial_timeout`: by our clock, and by the server's own timeouts where the gateway is
 * gone. Where values are bound it is made twice, each time in a transaction of its own: what comes out another way the
 * second time (a clock, a sequence, chance) can't be what a person agrees to.
 */
import { CountersignError, type MeasuredEffect, type Sample } from '@countersign/core';
import { TargetFault } from '../../connections/postgres-fault.ts';
import type { Analysis, PreviewWish } from '../protocol.ts';
import type { BackendFacts } from './backend-facts.ts';
import { deadline } from './deadline.ts';
import { EffectMeter, type Measurement, type Unmeasured } from './effect-meter.ts';
import { mayActOutside, type Plan } from './effects.ts';
import { type PostgresInput, parameterText } from './input.ts';
import { type MeasuredText, measuredBytes, measuredTexts, plainText } from './measured-text.ts';
import { openPortal, type Row } from './portal.ts';
import type { Reach } from './reach.ts';
import { maxDigestedRows } from './row-digest.ts';
import { RowSample, sampleCharacters, sampleRows } from './sample.ts';
import { LeftTransaction, Transaction } from './transaction.ts';

/** Milliseconds to wait for a lock; to get a connection. */
const [lockMs, openWithinMs] = [200, 5000];

export type Trial =
  | { readonly tried: true; readonly effect: MeasuredEffect; readonly sample: readonly Sample[] }
  /** Why there is nothing to show, for the card. */
  | { readonly tried: false; readonly why: string };

const unmeasured: Readonly<Record<Unmeasured, string>> = {
  uncounted: 'not tried: the server does not count rows (track_counts is off)',
  restless: 'tried, and given up: its deferred triggers keep deferring more',
};

interface How {
  readonly timeoutMs: number;
  readonly sampled: boolean;
  /** Whether users' functions may run. */
  readonly runsCode: boolean;
}

interface Run {
  readonly measurement: Measurement;
  readonly sample: readonly Sample[];
}

/**
 * @param timeoutMs Milliseconds that locks may be held.
 * @throws {CountersignError} `schema_changed`; the signal's reason.
 */
export async function tryOut(
  reach: Reach,
  { params }: PostgresInput,
  analysis: Pick<Analysis, 'effects'>,
  plan: Plan,
  wish: PreviewWish,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Trial> {
  const runsCode = mayActOutside(analysis);
  const values = params.map(parameterText);
  // Where only numbers are bound, a few rows are shown all the same.
  const returning = await measuredTexts(reach, plan, params.length, 'exact', signal);
  const once = (texts: readonly MeasuredText[], sampled: boolean) =>
    runOnce(reach, texts, values, plan, wish, { timeoutMs, sampled, runsCode }, signal);
  try {
    let first = await once(returning, true).catch((error: unknown) => {
      if (!isRefusedColumn(error)) throw error;
      return null;
    });
    if (first === null) {
      const why = 'the login for writes may not read the rows it writes';
      const plain = plan.statements.map(({ text }) => plainText(text, why));
      first = await once(plain, true);
    }
    if (typeof first === 'string') return { tried: false, why: unmeasured[first] };
    const { effect, digest } = first.measurement;
    if (effect.digest === null) return { tried: true, effect, sample: first.sample };
    const second = await once(returning, false);
    if (typeof second === 'string') return { tried: false, why: unmeasured[second] };
    if (second.measurement.effect.digest === effect.digest)
      return { tried: true, effect, sample: first.sample };
    const columns = digest.differences(second.measurement.digest);
    const what = columns.length > 0 ? columns.join(', ') : 'the rows';
    const unbound = [`${what}: tried twice, and another value each time`];
    return { tried: true, effect: { ...effect, digest: null, unbound }, sample: first.sample };
  } catch (error) {
    signal.throwIfAborted();
    reach.closing.throwIfAborted();
    if (error instanceof CountersignError && error.code === 'schema_changed') {
      reach.catalogs.forget();
      throw error;
    }
    return { tried: false, why: whyItFailed(error, timeoutMs) };
  }
}

async function runOnce(
  reach: Reach,
  texts: readonly MeasuredText[],
  values: readonly (string | null)[],
  plan: Plan,
  wish: PreviewWish,
  { timeoutMs, sampled, runsCode }: How,
  signal: AbortSignal,
): Promise<Run | Unmeasured> {
  const opening = deadline(reach.runtime, openWithinMs + timeoutMs, [signal, reach.closing]);
  const held = new AbortController();
  const timeouts = { statementMs: timeoutMs, lockMs, graceMs: 0 };
  let stopClock = () => {};
  let transaction: Transaction<BackendFacts> | null = null;
  try {
    const until = AbortSignal.any([opening.signal, held.signal]);
    transaction = await Transaction.write(reach, 'write', timeouts, until);
    stopClock = reach.runtime.timer(timeoutMs, () => held.abort(new CountersignError('timed_out')));
    transaction.allow(measuredBytes);
    const meter = await EffectMeter.start(transaction, wish, runsCode);
    const most = wish.bind === 'counts' ? sampleRows : maxDigestedRows + 1;
    const samples: RowSample[] = [];
    for (const measured of texts) {
      const digest = meter.reader(measured);
      const sample = new RowSample(measured.written);
      samples.push(sample);
      const onRow = (row: Row) => {
        digest(row);
        sample.add(row);
      };
      await transaction.step((client) =>
        openPortal(client, { text: measured.text, values, rows: most, onRow }),
      );
    }
    const measurement = await meter.finish(transaction);
    await transaction.compare(plan);
    if (typeof measurement === 'string') return measurement;
    const shown: Sample[] = [];
    const room = { characters: sampleCharacters };
    if (sampled)
      for (const sample of samples) {
        const one = await sample.finish(reach, timeouts, wish, room, until);
        if (one !== null) shown.push(one);
      }
    return { measurement, sample: shown };
  } finally {
    await transaction?.rollback();
    stopClock();
    opening.clear();
  }
}

const isRefusedColumn = (error: unknown): boolean =>
  error instanceof TargetFault && error.fault.kind === 'refused' && error.fault.sqlstate === '42501';

function whyItFailed(error: unknown, timeoutMs: number): string {
  if (error instanceof LeftTransaction) return 'not tried: it would have ended the trial’s transaction';
  if (error instanceof CountersignError && error.code === 'timed_out') return tooLong(timeoutMs);
  if (error instanceof CountersignError && error.code === 'result_too_large')
    return 'tried, and given up: it changes more than can be looked at';
  if (!(error instanceof TargetFault) || error.fault.kind === 'lost')
    return 'not tried: the target could not be reached for it';
  switch (error.fault.sqlstate) {
    case '55P03':
      return `tried, and given up: another holds what it would lock for longer than ${lockMs} ms`;
    case '57014':
      return tooLong(timeoutMs);
    default:
      return `tried, and the server refused it (SQLSTATE ${error.fault.sqlstate})`;
  }
}

const tooLong = (timeoutMs: number): string =>
  `tried, and given up: it takes longer than the ${timeoutMs} ms a trial may hold locks`;
