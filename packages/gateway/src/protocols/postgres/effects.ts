/** A PostgreSQL call's effects and lineage, against the schema as it is known now. */
import { type Action, baseAction, CountersignError, type Effect, type Json } from '@countersign/core';
import type { ReliedOn, TableLock } from '@countersign/postgres';
import type { Analysis } from '../protocol.ts';
import type { PostgresInput } from './input.ts';
import type { Reach } from './reach.ts';

/** What the execution has to know of one statement. */
export interface PlannedStatement {
  /** Exactly as it stands in the input. */
  readonly text: string;
  /** Whether it can change nothing. */
  readonly readOnly: boolean;
  /** Whether it changes the catalog, so that what it relied on is compared before it runs and not after. */
  readonly standsAlone: boolean;
  /** Whether the planner may look at it before anybody agreed: it evaluates harmless functions only. */
  readonly plannerSafe: boolean;
  /** The strongest lock on the tables it is about; null where it locks none there was before, absent where nobody told. */
  readonly lock?: TableLock | null;
}

/** This protocol's own part of an analysis. */
export interface Plan {
  readonly major: number;
  readonly statements: readonly PlannedStatement[];
  /** What it relied on in the catalog. */
  readonly catalog: ReliedOn;
}

/**
 * Analyses the text. A name that is not known is looked up once more in a fresh catalog.
 *
 * @throws {CountersignError} with the code of the denial; `target_unavailable` where the schema can't be read.
 */
export async function analyse(
  { analyser, catalogs, closing }: Reach,
  { sql, params }: PostgresInput,
  signal: AbortSignal,
): Promise<Analysis> {
  signal.throwIfAborted();
  closing.throwIfAborted();
  const until = () => AbortSignal.any([signal, closing]);
  let catalog = await catalogs.current(until);
  let found = await analyser.analyse(sql, catalog, { parameters: params.length });
  if (!found.ok && found.code === 'unknown_object') {
    catalog = await catalogs.refreshed(until);
    found = await analyser.analyse(sql, catalog, { parameters: params.length });
  }
  signal.throwIfAborted();
  if (!found.ok) throw new CountersignError(found.code, { what: found.what });
  if (found.statements.some((statement) => !statement.inTransaction))
    throw new CountersignError('not_supported', { what: 'a statement that cannot run in a transaction' });
  const stream = found.statements.find((statement) => statement.stream !== null)?.stream;
  if (stream !== undefined)
    throw new CountersignError('not_supported', {
      what: stream === 'in' ? 'COPY FROM STDIN' : 'COPY TO STDOUT',
    });
  const plan: Plan = {
    major: catalog.major,
    statements: found.statements.map(({ text, readOnly, standsAlone, plannerSafe, lock }) => ({
      text,
      readOnly,
      standsAlone,
      plannerSafe,
      lock,
    })),
    catalog: found.reliedOn,
  };
  const { effects, lineage, fingerprint } = found;
  return { effects, lineage, fingerprint, reliedOn: plan as unknown as Json };
}

/**
 * The plan of an analysis, checked against the input that is stored: what runs is that text and nothing else.
 *
 * @throws {CountersignError} `internal` where the two don't belong together.
 */
export function planOf(analysis: Analysis, { sql }: PostgresInput): Plan {
  const plan = analysis.reliedOn as unknown as Plan;
  let from = 0;
  for (const { text } of plan.statements) {
    const at = sql.indexOf(text, from);
    if (at < 0) throw new CountersignError('internal', { what: 'an analysis of another text' });
    from = at + text.length;
  }
  return plan;
}

const has = (effects: readonly Effect[], ...actions: readonly Action[]): boolean =>
  effects.some(({ action }) => actions.includes(baseAction(action)));

/** Whether it runs in a transaction that can change nothing. */
export const isRead = (plan: Plan): boolean => plan.statements.every((statement) => statement.readOnly);

/** Whether it only reads, so that a login that can't write is enough. */
export const onlyReads = ({ effects }: Analysis): boolean =>
  effects.every(({ action }) => baseAction(action) === 'read');

/** Whether the catalog is another afterwards. (A function may change it too: the next call that relied on it finds out.) */
export const changesSchema = ({ effects }: Analysis): boolean => has(effects, 'schema', 'admin');

/**
 * Whether something of it may outlast a rollback: a function that nobody has read, a program, a file, another server.
 * (The gaps a rollback leaves in a sequence don't count.)
 */
export const mayActOutside = ({ effects }: Pick<Analysis, 'effects'>): boolean =>
  effects.some(
    ({ action, resource }) => baseAction(action) === 'execute' || /^(?:program|file|server):/.test(resource),
  );
