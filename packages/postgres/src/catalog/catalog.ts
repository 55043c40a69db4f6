/**
 * A catalog: what the analysis has to know of a database. Plain data, built once by `readCatalog` and never changed; a
 * newer one replaces it. Object ids are strings. Each `xmin` is the version of a row, or of a set of rows, that
 * `reliedOnQuery` reads again.
 */
import type { Major } from '../major.ts';

/** What is known of one database. */
export interface Catalog {
  readonly major: Major;
  readonly database: string;
  /** The schemas searched for a bare name, in order, `pg_catalog` included. */
  readonly searchPath: readonly string[];
  readonly schemas: ReadonlySet<string>;
  /** By name, then by schema. */
  readonly relations: ReadonlyMap<string, ReadonlyMap<string, Relation>>;
  readonly relationsByOid: ReadonlyMap<string, Relation>;
  /** Functions that came after the server's own, by name. */
  readonly functions: ReadonlyMap<string, readonly UserFunction[]>;
  readonly functionsByOid: ReadonlyMap<string, UserFunction>;
  readonly types: ReadonlyMap<string, TypeInfo>;
  /** The array type of each element type. */
  readonly arrays: ReadonlyMap<string, string>;
  readonly typesByName: ReadonlyMap<string, readonly TypeInfo[]>;
  /** Operators that came after the server's own, by name. */
  readonly operators: ReadonlyMap<string, readonly UserOperator[]>;
  readonly casts: readonly UserCast[];
  /** Run when the catalog is changed. */
  readonly eventTriggers: readonly EventTrigger[];
  /** What depends on each object, by its catalog and id, as `pg_class 16403`; null where that is not known. */
  readonly dependents: ReadonlyMap<string, Dependents> | null;
  /** Objects that have no place elsewhere here: schemas, extensions, servers, constraints, … */
  readonly others: readonly OtherObject[];
  /** The versions of everything that is found by name: the rows of a name in `pg_class`, `pg_proc`, … */
  readonly names: Readonly<Record<NamedCatalog, ReadonlyMap<string, string>>>;
}

/** What depends on one object. */
export interface Dependents {
  /** The version of the rows that say so. */
  readonly version: string;
  readonly list: readonly Dependent[];
}

export interface Dependent {
  /** `pg_class 16403`, and the number of a column; 0 for the whole. */
  readonly object: string;
  readonly column: number;
  /** The number of the column it depends on; 0 for the whole. */
  readonly onColumn: number;
  /** `pg_depend.deptype`: normal, automatic, internal, extension, … */
  readonly how: string;
}

export interface OtherObject {
  /** `pg_namespace 16403`. */
  readonly object: string;
  readonly name: string;
  /** What stands before the name, in a resource: its schema; of a cast, the type it is from. */
  readonly schema: string | null;
  /** The relation or type that a constraint belongs to, as `pg_class 16403`. */
  readonly of: string | null;
}

/**
 * Casts, event triggers and operator classes have no names that are looked up; theirs is `any`. Of constraints those of
 * domains count, by the id of the domain.
 */
export const namedCatalogs = [
  'pg_class',
  'pg_proc',
  'pg_type',
  'pg_constraint',
  'pg_operator',
  'pg_opclass',
  'pg_amop',
  'pg_amproc',
  'pg_cast',
  'pg_event_trigger',
] as const;
export type NamedCatalog = (typeof namedCatalogs)[number];

/** `pg_class.relkind`: table, partitioned table, view, materialised view, foreign table, sequence, composite type, index. */
export type RelationKind = 'r' | 'p' | 'v' | 'm' | 'f' | 'S' | 'c' | 'i' | 'I' | 't';

/** A table, view, sequence, index or composite type, with all that belongs to it. */
export interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** Whether it is the server's own: no owner changes it, and it is not looked into. */
  readonly system: boolean;
  readonly rowSecurity: boolean;
  readonly columns: readonly Column[];
  /** The query of a view or materialised view. */
  readonly definition: string | null;
  readonly triggers: readonly Trigger[];
  readonly rules: readonly Rule[];
  /** Foreign keys that refer to this relation. */
  readonly referencedBy: readonly ForeignKey[];
  readonly policies: readonly RowPolicy[];
  /** Expressions the server evaluates when a row is written: checks, indexes. */
  readonly expressions: readonly StoredExpression[];
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** The foreign server of a foreign table. */
  readonly server: string | null;
  /** For an index: the table. For a sequence: the table of the column that owns it. */
  readonly belongsTo: string | null;
  /** Of a partitioned table: the columns by which rows are given to partitions. Expressions stand in `expressions`. */
  readonly partitionKey: readonly string[];
  /** The columns of each constraint that keeps rows apart: primary keys, unique and exclusion constraints, by name. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** The columns of each key that tells any two rows apart: primary and unique ones, none of whose columns may be null. */
  readonly rowKeys: readonly (readonly string[])[];
  /** Ids of the users' functions that its indexes and its partition key compare by. */
  readonly comparedBy: readonly string[];
  /** The version of its row in `pg_class`. */
  readonly xmin: string;
  /** The versions of the rows that belong to it, by catalog; empty where there are none. */
  readonly parts: ReadonlyMap<PartCatalog, string>;
}

export const partCatalogs = [
  'pg_attribute',
  'pg_attrdef',
  'pg_trigger',
  'pg_rewrite',
  'pg_constraint',
  'pg_policy',
  'pg_inherits',
  'pg_index',
  'pg_statistic_ext',
] as const;
export type PartCatalog = (typeof partCatalogs)[number];

export interface Column {
  readonly name: string;
  readonly type: string;
  /** `pg_attribute.attnum`. */
  readonly number: number;
  readonly default: string | null;
  /** A generated column's expression stands in `default`. */
  readonly generated: 'stored' | 'virtual' | null;
  readonly identity: boolean;
}

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

export interface Trigger {
  readonly name: string;
  readonly events: ReadonlySet<WriteEvent>;
  readonly insteadOf: boolean;
  readonly function: string;
  /** Of UPDATE OF; empty for every column. */
  readonly columns: readonly string[];
  readonly when: boolean;
}

export interface Rule {
  readonly name: string;
  readonly event: 'select' | 'update' | 'insert' | 'delete';
  readonly instead: boolean;
  readonly definition: string;
}

/** What happens to the referencing rows. */
export type ReferentialAction = 'nothing' | 'cascade' | 'set_null' | 'set_default';

export interface ForeignKey {
  readonly name: string;
  /** The referencing relation. */
  readonly relation: string;
  readonly columns: readonly string[];
  readonly referencedColumns: readonly string[];
  readonly onUpdate: ReferentialAction;
  readonly onDelete: ReferentialAction;
}

export interface RowPolicy {
  readonly name: string;
  readonly command: 'select' | 'insert' | 'update' | 'delete' | 'all';
  readonly using: string | null;
  readonly check: string | null;
}

export interface StoredExpression {
  /** `constraint total_positive`, `index orders_lower_idx`. */
  readonly of: string;
  readonly expression: string;
}

export interface UserFunction {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** `function`, `procedure`, `aggregate`, `window`. */
  readonly kind: 'f' | 'p' | 'a' | 'w';
  /** Types of the input arguments, as the server writes them. */
  readonly arguments: readonly string[];
  readonly defaults: number;
  readonly variadic: boolean;
  readonly returns: string;
  readonly returnsSet: boolean;
  /** Names of the output columns where it returns a row: OUT arguments, TABLE, or a composite type's attributes. */
  readonly outputs: readonly string[];
  /** Ids of the types of the input arguments, and of the output columns. */
  readonly argumentTypes: readonly string[];
  readonly outputTypes: readonly string[];
  /**
   * `c LIBRARY SYMBOL`, or `internal SYMBOL`, where it is written in C and belongs to the server's libraries; of an
   * aggregate those of its functions. Empty for any other function.
   */
  readonly symbols: readonly string[];
  readonly xmin: string;
}

export interface TypeInfo {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** `pg_type.typtype`: base, composite, domain, enum, multirange, pseudo, range. */
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'm' | 'p' | 'r';
  /** The relation of a composite type. */
  readonly relation: string | null;
  readonly element: string | null;
  readonly base: string | null;
  /** The input function where it is not the server's own. */
  readonly input: string | null;
  /** A domain's checks. */
  readonly checks: readonly string[];
  /** `pg_type.typcategory`, and whether the type is the preferred one of it. */
  readonly category: string;
  readonly preferred: boolean;
  /** Of a range or a multirange: the type of its bounds. */
  readonly bounds: string | null;
  /** Ids of the users' functions that compare values of it: to sort, to group, to find what is equal. */
  readonly comparedBy: readonly string[];
  readonly xmin: string;
}

export interface UserOperator {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly left: string | null;
  readonly right: string | null;
  readonly function: string;
  readonly returns: string;
}

export interface UserCast {
  readonly source: string;
  readonly target: string;
  readonly implicit: boolean;
  readonly function: string | null;
}

export interface EventTrigger {
  readonly name: string;
  readonly function: string;
}

/** Whether an object id is one of the server's own, made with every database. */
export function isBuiltIn(oid: string): boolean {
  return Number(oid) < 16_384;
}
