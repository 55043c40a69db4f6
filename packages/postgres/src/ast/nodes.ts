/**
 * The parse tree's nodes, as far as they are read. A node is an object with one key, its kind, which holds its fields:
 * `{ RangeVar: { relname: 'orders' } }`. A field that is absent is zero, false, empty or null; the parser leaves those
 * out. In some places the grammar allows one kind only, and the fields stand there without the kind around them.
 */

/** Any node; {@link kindOf} and {@link fieldsOf} open it. */
export type Node = Readonly<Record<string, object>>;

export interface RawStatement {
  readonly stmt: Node;
  /** In bytes of UTF-8. */
  readonly stmt_location?: number;
  /** In bytes of UTF-8; absent for the last statement. */
  readonly stmt_len?: number;
}

export interface Alias {
  readonly aliasname: string;
  readonly colnames?: readonly Node[];
}

export interface RangeVar {
  readonly catalogname?: string;
  readonly schemaname?: string;
  readonly relname: string;
  /** Absent for ONLY. */
  readonly inh?: boolean;
  /** `p` permanent, `t` temporary, `u` unlogged. */
  readonly relpersistence?: string;
  readonly alias?: Alias;
}

export interface TypeName {
  readonly names?: readonly Node[];
  readonly typmods?: readonly Node[];
  readonly arrayBounds?: readonly Node[];
  readonly setof?: boolean;
  readonly pct_type?: boolean;
}

export interface ResTarget {
  readonly name?: string;
  readonly indirection?: readonly Node[];
  readonly val?: Node;
}

export interface WithClause {
  readonly ctes: readonly Node[];
  readonly recursive?: boolean;
}

export interface CommonTableExpr {
  readonly ctename: string;
  readonly aliascolnames?: readonly Node[];
  readonly ctequery: Node;
  readonly search_clause?: { readonly search_seq_column: string };
  readonly cycle_clause?: {
    readonly cycle_mark_column: string;
    readonly cycle_path_column: string;
  };
}

export interface WindowDef {
  readonly name?: string;
  readonly refname?: string;
  readonly partitionClause?: readonly Node[];
  readonly orderClause?: readonly Node[];
  readonly startOffset?: Node;
  readonly endOffset?: Node;
}

export interface SelectStmt {
  readonly distinctClause?: readonly Node[];
  readonly intoClause?: IntoClause;
  readonly targetList?: readonly Node[];
  readonly fromClause?: readonly Node[];
  readonly whereClause?: Node;
  readonly groupClause?: readonly Node[];
  readonly havingClause?: Node;
  readonly windowClause?: readonly Node[];
  readonly valuesLists?: readonly Node[];
  readonly sortClause?: readonly Node[];
  readonly limitOffset?: Node;
  readonly limitCount?: Node;
  readonly lockingClause?: readonly Node[];
  readonly withClause?: WithClause;
  /** `SETOP_NONE`, `SETOP_UNION`, `SETOP_INTERSECT`, `SETOP_EXCEPT`. */
  readonly op: string;
  readonly all?: boolean;
  readonly larg?: SelectStmt;
  readonly rarg?: SelectStmt;
}

export interface IntoClause {
  readonly rel: RangeVar;
  readonly colNames?: readonly Node[];
  readonly viewQuery?: Node;
  readonly skipData?: boolean;
}

export interface LockingClause {
  readonly lockedRels?: readonly Node[];
}

/** RETURNING in 18; before, a plain list. */
export interface ReturningClause {
  readonly options?: readonly Node[];
  readonly exprs?: readonly Node[];
}

export interface Returning {
  readonly returningList?: readonly Node[];
  readonly returningClause?: ReturningClause;
}

export interface InferClause {
  readonly indexElems?: readonly Node[];
  readonly whereClause?: Node;
  readonly conname?: string;
}

export interface OnConflictClause {
  /** `ONCONFLICT_NOTHING`, `ONCONFLICT_UPDATE`. */
  readonly action: string;
  readonly infer?: InferClause;
  readonly targetList?: readonly Node[];
  readonly whereClause?: Node;
}

export interface InsertStmt extends Returning {
  readonly relation: RangeVar;
  readonly cols?: readonly Node[];
  /** Absent for DEFAULT VALUES. */
  readonly selectStmt?: Node;
  readonly onConflictClause?: OnConflictClause;
  readonly withClause?: WithClause;
}

export interface UpdateStmt extends Returning {
  readonly relation: RangeVar;
  readonly targetList?: readonly Node[];
  readonly whereClause?: Node;
  readonly fromClause?: readonly Node[];
  readonly withClause?: WithClause;
}

export interface DeleteStmt extends Returning {
  readonly relation: RangeVar;
  readonly usingClause?: readonly Node[];
  readonly whereClause?: Node;
  readonly withClause?: WithClause;
}

export interface MergeStmt extends Returning {
  readonly relation: RangeVar;
  readonly sourceRelation: Node;
  readonly joinCondition: Node;
  readonly mergeWhenClauses?: readonly Node[];
  readonly withClause?: WithClause;
}

export interface MergeWhenClause {
  /** `CMD_INSERT`, `CMD_UPDATE`, `CMD_DELETE`, `CMD_NOTHING`. */
  readonly commandType: string;
  readonly condition?: Node;
  readonly targetList?: readonly Node[];
  readonly values?: readonly Node[];
}

export interface FuncCall {
  readonly funcname: readonly Node[];
  readonly args?: readonly Node[];
  readonly agg_order?: readonly Node[];
  readonly agg_filter?: Node;
  readonly over?: WindowDef;
  readonly agg_within_group?: boolean;
  readonly agg_star?: boolean;
  readonly agg_distinct?: boolean;
  readonly func_variadic?: boolean;
}

export interface SubLink {
  /** `EXISTS_SUBLINK`, `ALL_SUBLINK`, `ANY_SUBLINK`, `EXPR_SUBLINK`, `ARRAY_SUBLINK`, … */
  readonly subLinkType: string;
  readonly testexpr?: Node;
  readonly operName?: readonly Node[];
  readonly subselect: Node;
}

export interface AExpr {
  /** `AEXPR_OP`, `AEXPR_IN`, `AEXPR_LIKE`, `AEXPR_BETWEEN`, … */
  readonly kind: string;
  readonly name?: readonly Node[];
  readonly lexpr?: Node;
  readonly rexpr?: Node;
}

export interface JoinExpr {
  readonly isNatural?: boolean;
  readonly larg: Node;
  readonly rarg: Node;
  readonly usingClause?: readonly Node[];
  readonly join_using_alias?: Alias;
  readonly quals?: Node;
  readonly alias?: Alias;
}

export interface RangeSubselect {
  readonly lateral?: boolean;
  readonly subquery: Node;
  readonly alias?: Alias;
}

export interface RangeFunction {
  readonly lateral?: boolean;
  readonly ordinality?: boolean;
  readonly is_rowsfrom?: boolean;
  readonly functions: readonly Node[];
  readonly alias?: Alias;
  readonly coldeflist?: readonly Node[];
}

/** The kind of a node: its one key. */
export function kindOf(node: Node): string {
  for (const kind in node) return kind;
  return '';
}

/** A node's fields, typed as the caller knows them to be by its kind. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the parser's word, taken at one place
export function fieldsOf<Fields extends object>(node: Node): Fields {
  return node[kindOf(node)] as Fields;
}

/** The fields of a node if it is of this kind, else null. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the parser's word, taken at one place
export function asKind<Fields extends object>(node: Node | undefined, kind: string): Fields | null {
  return node !== undefined && Object.hasOwn(node, kind) ? (node[kind] as Fields) : null;
}

/** The text of a String node. */
export function stringOf(node: Node): string {
  return asKind<{ sval?: string }>(node, 'String')?.sval ?? '';
}

/** The texts of a list of String nodes: a qualified name, a list of columns. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map(stringOf);
}
