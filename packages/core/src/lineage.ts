/** Lineage: from which base columns each output column comes, and which columns decide what comes out. */
import type { Resource } from './resource.ts';

/** How an output column has its value from a base column: untouched, or through an expression. */
export type Derivation = 'as_is' | 'derived';

/** A base column that reaches an output. */
export interface ColumnSource {
  /** The base column, as in `column:public.customers.ssn`. */
  readonly column: Resource;
  readonly how: Derivation;
}

/** One column of what a call returns. */
export interface OutputColumn {
  /** The label the server will give it. */
  readonly name: string;
  /** Every base column that can reach this output. */
  readonly sources: readonly ColumnSource[];
  /** False where a source may be missing from the list; such a column is masked as if it held any of them. */
  readonly proven: boolean;
}

/**
 * Where a column is used without being returned; the value can be inferred from what comes back. `compute` is an
 * expression that fails for some values, or takes its time for some: that it does tells which.
 */
export type ColumnUsage = 'filter' | 'join' | 'sort' | 'group' | 'distinct' | 'aggregate' | 'compute';

/** A base column that decides what comes out, and how. */
export interface ColumnUse {
  /** The base column, as in `column:public.customers.ssn`. */
  readonly column: Resource;
  /** What it is used for. */
  readonly as: ColumnUsage;
}

/** A value that a write puts somewhere else, where another mask may hold, or none. */
export interface ColumnMove {
  /** The base column it comes from; `column:*` where it may come from more than could be told. */
  readonly from: Resource;
  /** The column it is written to. */
  readonly to: Resource;
}

/** Where what a call returns comes from. */
export interface Lineage {
  /** One for each output column, in order; empty for a call that returns none. */
  readonly outputs: readonly OutputColumn[];
  /** Columns that decide what comes out. */
  readonly uses: readonly ColumnUse[];
  /** True where every column that decides what comes out is listed in `uses`. */
  readonly usesProven: boolean;
  /**
   * Every value that the call's own writes of tables put from one column into another; not what triggers and functions
   * do. Absent where the protocol does not tell, so that anything read may be what is written.
   */
  readonly moves?: readonly ColumnMove[];
}

/** The lineage of a call that returns nothing. */
export const noLineage: Lineage = Object.freeze({ outputs: [], uses: [], usesProven: true });
