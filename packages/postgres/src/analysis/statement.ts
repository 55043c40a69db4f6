/** One statement: what kind it is, what it does, and how it has to be run. */
import type { Effect, Lineage } from '@countersign/core';
import { kindOf, type Node, type RawStatement } from '../ast/nodes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ReliedOnRow } from '../catalog/relied-on.ts';
import { Context } from './context.ts';
import type { ScopeColumn } from './scope.ts';
import { statementVisitor } from './statements.ts';
import { type TableLock, tableLock } from './table-lock.ts';
import { sourceList } from './value.ts';
import type { WalkClock } from './walk-clock.ts';

/** What a statement is, apart from the effects its context gathered. */
export interface StatementTraits {
  /** In lower case: `select`, `update`, `create_table`. */
  readonly kind: string;
  /** The output columns; null for a statement that returns no rows. */
  readonly columns: readonly ScopeColumn[] | null;
  /** Whether it changes the catalog, or empties tables as TRUNCATE does. */
  readonly standsAlone: boolean;
  /** Whether it can run in a transaction. */
  readonly inTransaction: boolean;
  /** Whether EXPLAIN takes it. */
  readonly explainable: boolean;
  /** False for a statement that READ ONLY refuses, whatever its effects. */
  readonly readOnly: boolean;
  /** Of COPY: whether its rows come from the caller, or go to the caller past the result. */
  readonly stream?: 'in' | 'out' | null;
}

/** One statement of a SQL text. */
export interface AnalysedStatement {
  /** Exactly as it stands in the SQL text, without the semicolon. */
  readonly text: string;
  /** In lower case: `select`, `update`, `create_table`. */
  readonly kind: string;
  /** Indirect ones included, each with its `via`. */
  readonly effects: readonly Effect[];
  readonly returnsRows: boolean;
  /** Whether it runs in BEGIN READ ONLY. */
  readonly readOnly: boolean;
  /** Whether it changes the catalog, or empties tables as TRUNCATE does: it is sent alone. */
  readonly standsAlone: boolean;
  /** Whether it can run in a transaction. */
  readonly inTransaction: boolean;
  /** Of COPY FROM STDIN and COPY TO STDOUT: rows come from the caller, or go to the caller past the result. */
  readonly stream: 'in' | 'out' | null;
  /** Whether EXPLAIN can be asked about it: the planner evaluates known harmless functions only. */
  readonly plannerSafe: boolean;
  /** The strongest lock on the tables it is about; null where it locks none there was before. */
  readonly lock: TableLock | null;
}

export interface StatementAnalysis {
  readonly statement: AnalysedStatement;
  readonly lineage: Lineage;
  readonly reliedOn: readonly ReliedOnRow[];
}

export function analyseStatement(
  catalog: Catalog,
  searchPath: readonly string[],
  raw: RawStatement,
  text: string,
  clock: WalkClock,
): StatementAnalysis {
  const context = new Context(catalog, searchPath, clock);
  // A cast is not looked up by a name that the statement holds.
  context.reliedOn.name('pg_cast', 'any');
  const traits = visit(context, raw.stmt);
  const { effects, uses, usesProven, moves, plannerSafe, locksRows, reliedOn } = context.findings();
  const outputs = (traits.columns ?? []).map(({ name, value }) => ({
    name,
    sources: sourceList(value),
    proven: value.proven,
  }));
  return {
    statement: {
      text,
      kind: traits.kind,
      effects,
      returnsRows: traits.columns !== null && traits.columns.length > 0,
      readOnly: traits.readOnly && !traits.standsAlone && !locksRows && effects.every(isRead),
      standsAlone: traits.standsAlone,
      inTransaction: traits.inTransaction,
      stream: traits.stream ?? null,
      plannerSafe: traits.explainable && plannerSafe,
      lock: tableLock(raw.stmt),
    },
    lineage: { outputs, uses, usesProven, moves },
    reliedOn,
  };
}

function visit(context: Context, node: Node): StatementTraits {
  return statementVisitor(kindOf(node))(context, node);
}

/** Reads of data, and of what is secret: nothing that a read-only transaction refuses. */
function isRead(effect: Effect): boolean {
  return effect.action === 'read' || effect.action === 'secret';
}
