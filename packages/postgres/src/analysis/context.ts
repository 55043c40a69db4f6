/** What one analysis gathers while it walks a statement: effects, uses of columns, and what it relied on. */
import {
  type Action,
  type ColumnMove,
  type ColumnUsage,
  type ColumnUse,
  CountersignError,
  type Effect,
  type Resource,
  resource,
} from '@countersign/core';
import type { Node } from '../ast/nodes.ts';
import type { Catalog, Relation } from '../catalog/catalog.ts';
import { type ReliedOnRow, ReliedOnRows } from '../catalog/relied-on.ts';
import { compare } from './comparisons.ts';
import { EffectSet } from './effect-set.ts';
import { settingValues } from './settings.ts';
import type { Value } from './value.ts';
import type { WalkClock } from './walk-clock.ts';

/** What the analysis of a part found: of a view's query, a default, a policy. Kept with the catalog. */
export interface Findings {
  readonly effects: readonly Effect[];
  readonly uses: readonly ColumnUse[];
  readonly usesProven: boolean;
  readonly moves: readonly ColumnMove[];
  readonly plannerSafe: boolean;
  readonly locksRows: boolean;
  readonly reliedOn: readonly ReliedOnRow[];
  /** What is called with constants only: where it stands in an index or a check, the planner calls it. */
  readonly constantCalls: readonly Effect[];
}

export class Context {
  readonly catalog: Catalog;
  readonly searchPath: readonly string[];
  /** Of the caller's text, shared by the contexts of its parts; null for a text of the catalog. */
  readonly clock: WalkClock | null;
  readonly effects = new EffectSet();
  readonly constantCalls = new EffectSet();
  readonly reliedOn: ReliedOnRows;
  /** The first column's name of each subquery that was analysed: it may be the label of an output. */
  readonly subqueryNames = new Map<Node, string>();
  readonly #uses = new Map<string, ColumnUse>();
  readonly #moves = new Map<string, ColumnMove>();
  #assigned: Resource | null = null;
  #deciding: Map<Resource, 'derived'> | null = null;
  #usesProven = true;
  #plannerSafe = true;
  #locksRows = false;
  #noSecretSettings = false;

  constructor(catalog: Catalog, searchPath: readonly string[], clock: WalkClock | null = null) {
    this.catalog = catalog;
    this.searchPath = searchPath;
    this.clock = clock;
    this.reliedOn = new ReliedOnRows(catalog);
  }

  /** Counts every source of the values as used to decide what comes out. */
  use(as: ColumnUsage, ...values: readonly Value[]): void {
    if (as === 'sort' || as === 'group' || as === 'distinct') compare(this, values);
    for (const value of values) {
      if (!value.proven) this.#usesProven = false;
      for (const column of value.sources.keys()) this.#use({ column, as });
    }
  }

  /**
   * Something is computed from the values that fails for some values, or takes its time for some. Where the caller did
   * not choose what is computed (in a view, a default, a check), that tells nothing.
   */
  compute(...values: readonly Value[]): void {
    if (this.clock === null) return;
    for (const value of values)
      for (const column of value.sources.keys())
        if (column !== this.#assigned) this.#uses.set(`compute ${column}`, { column, as: 'compute' });
  }

  /** Walks what is assigned to a column: to compute its new value from its old one is a write like any other. */
  assigning<Result>(to: Resource, walk: () => Result): Result {
    const outer = this.#assigned;
    this.#assigned = to;
    try {
      return walk();
    } finally {
      this.#assigned = outer;
    }
  }

  /** A value is written to a column. */
  move(value: Value, to: Resource): void {
    if (!value.proven) this.#moves.set(`column:* ${to}`, { from: 'column:*', to });
    for (const from of value.sources.keys()) if (from !== to) this.#moves.set(`${from} ${to}`, { from, to });
  }

  /** Runs a part of the walk, and gives the columns that were used to decide its result along with it. */
  deciding<Result>(walk: () => Result): { readonly result: Result; readonly deciding: Value } {
    const outer = this.#deciding;
    const inner = new Map<Resource, 'derived'>();
    this.#deciding = inner;
    try {
      const result = walk();
      return { result, deciding: { sources: inner, proven: this.#usesProven, type: null } };
    } finally {
      this.#deciding = outer;
      if (outer !== null) for (const column of inner.keys()) outer.set(column, 'derived');
    }
  }

  /** What decided the rows of a part that was walked before decides here, too. */
  decidedBy({ sources }: Value): void {
    for (const column of sources.keys()) this.#deciding?.set(column, 'derived');
  }

  /** Rows are locked, of whichever tables: what READ ONLY refuses. */
  lockRows(): void {
    this.#locksRows = true;
  }

  /**
   * A column of a relation is read.
   *
   * @param noSecretSettings For the server's settings: whether the query leaves out those that hold secrets.
   */
  read(relation: Relation, columns: readonly string[] | null, noSecretSettings = false): void {
    const secret =
      isSecret(relation, columns) || (isSettings(relation) && !noSecretSettings && holdsValues(columns));
    this.effects.add(secret ? 'secret' : 'read', tableResource(relation), columns);
  }

  /** Walks a FROM clause, of a query that leaves out the settings that hold secrets, or not. */
  readingSettings<Result>(noSecretSettings: boolean, walk: () => Result): Result {
    const outer = this.#noSecretSettings;
    this.#noSecretSettings = noSecretSettings;
    try {
      return walk();
    } finally {
      this.#noSecretSettings = outer;
    }
  }

  /** Whether what is read of the settings in the FROM clause that is walked leaves out those that hold secrets. */
  get noSecretSettings(): boolean {
    return this.#noSecretSettings;
  }

  /** Calling this could act where the planner evaluates it, or is not known not to. */
  execute(action: Action, name: Resource, via?: string): void {
    this.#plannerSafe = false;
    this.effects.add(action, name, null, via);
  }

  /** Takes over what a part found, as brought about by `via`. */
  include(findings: Findings, via: string | undefined): void {
    for (const use of findings.uses) this.#use(use);
    this.#usesProven &&= findings.usesProven;
    this.includeEffects(findings, via);
  }

  /** The same for a part that does not decide which rows come out. */
  includeEffects(findings: Findings, via: string | undefined): void {
    this.effects.addAll(findings.effects, via);
    for (const { from, to } of findings.moves) this.#moves.set(`${from} ${to}`, { from, to });
    this.#plannerSafe &&= findings.plannerSafe;
    this.#locksRows ||= findings.locksRows;
    this.reliedOn.addAll(findings.reliedOn);
  }

  #use(use: ColumnUse): void {
    this.#uses.set(`${use.as} ${use.column}`, use);
    this.#deciding?.set(use.column, 'derived');
  }

  findings(): Findings {
    return {
      effects: this.effects.list(),
      uses: [...this.#uses.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
      usesProven: this.#usesProven,
      moves: [...this.#moves.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, move]) => move),
      plannerSafe: this.#plannerSafe,
      locksRows: this.#locksRows,
      reliedOn: this.reliedOn.rows(),
      constantCalls: this.constantCalls.list(),
    };
  }
}

export function tableResource(relation: Relation): Resource {
  return resource('table', relation.schema, relation.name);
}

export function columnResource(relation: Relation, column: string): Resource {
  return resource('column', relation.schema, relation.name, column);
}

/** The server's relations that hold credentials, samples of users' data, or what other sessions do. */
const secretRelations: ReadonlySet<string> = new Set([
  'pg_authid',
  'pg_shadow',
  'pg_user_mapping',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
  'pg_stat_activity',
  'pg_stat_replication',
  'pg_stat_wal_receiver',
  'pg_stat_subscription',
  'pg_stat_ssl',
  'pg_stat_gssapi',
  'pg_stat_statements',
  'pg_prepared_xacts',
  'pg_file_settings',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_largeobject',
  'pg_replication_slots',
  'pg_backend_memory_contexts',
  'pg_shmem_allocations',
  'pg_shmem_allocations_numa',
  'pg_aios',
  'pg_config',
  'pg_stat_progress_analyze',
  'pg_stat_progress_basebackup',
  'pg_stat_progress_cluster',
  'pg_stat_progress_copy',
  'pg_stat_progress_create_index',
  'pg_stat_progress_vacuum',
  'user_mapping_options',
  '_pg_user_mappings',
  'foreign_server_options',
  '_pg_foreign_servers',
  'foreign_table_options',
  '_pg_foreign_tables',
  'foreign_data_wrapper_options',
  '_pg_foreign_data_wrappers',
]);

/** The columns that do, of those of which anybody may read the rest. */
const secretColumns: ReadonlyMap<string, string> = new Map([
  ['pg_subscription', 'subconninfo'],
  ['pg_foreign_server', 'srvoptions'],
  ['pg_foreign_data_wrapper', 'fdwoptions'],
  ['pg_foreign_table', 'ftoptions'],
  ['pg_user_mappings', 'umoptions'],
  ['pg_db_role_setting', 'setconfig'],
  // What rows have that are older than the column.
  ['pg_attribute', 'attmissingval'],
]);

const isSettings = ({ system, schema, name }: Relation): boolean =>
  system && schema === 'pg_catalog' && name === 'pg_settings';

const holdsValues = (columns: readonly string[] | null): boolean =>
  columns === null || columns.some((column) => settingValues.has(column));

function isSecret({ name, system }: Relation, columns: readonly string[] | null): boolean {
  if (!system) return name === 'pg_stat_statements';
  const column = secretColumns.get(name);
  return (
    secretRelations.has(name) || (column !== undefined && (columns === null || columns.includes(column)))
  );
}

/** A name as people read it: quoted only where it must be. */
export function displayName(...parts: readonly (string | null)[]): string {
  return parts
    .filter((part) => part !== null)
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');
}

/** The denial for a name that means nothing; the name is the caller's own. */
export function unknownObject(kind: string, name: string): CountersignError {
  return new CountersignError('unknown_object', { what: `${kind} ${name} does not exist` });
}

export function notSupported(what: string): CountersignError {
  return new CountersignError('not_supported', { what });
}

/** The denial for what the analysis can't see through. */
export function unknownEffect(what: string): CountersignError {
  return new CountersignError('unknown_effect', { what });
}
