/** The label the server gives an output column that the statement gives none. */
import { fieldsOf, kindOf, type Node, type SubLink, stringsOf, type TypeName } from '../ast/nodes.ts';

const none = '?column?';

/** Names that stand for a kind of expression as a whole. */
const byKind: ReadonlyMap<string, string> = new Map([
  ['CoalesceExpr', 'coalesce'],
  ['A_ArrayExpr', 'array'],
  ['RowExpr', 'row'],
  ['GroupingFunc', 'grouping'],
  ['MergeSupportFunc', 'merge_action'],
  ['XmlSerialize', 'xmlserialize'],
  ['JsonParseExpr', 'json'],
  ['JsonScalarExpr', 'json_scalar'],
  ['JsonSerializeExpr', 'json_serialize'],
  ['JsonObjectConstructor', 'json_object'],
  ['JsonArrayConstructor', 'json_array'],
  ['JsonArrayQueryConstructor', 'json_array'],
  ['JsonObjectAgg', 'json_objectagg'],
  ['JsonArrayAgg', 'json_arrayagg'],
]);

const xmlNames: ReadonlyMap<string, string> = new Map([
  ['IS_XMLCONCAT', 'xmlconcat'],
  ['IS_XMLELEMENT', 'xmlelement'],
  ['IS_XMLFOREST', 'xmlforest'],
  ['IS_XMLPARSE', 'xmlparse'],
  ['IS_XMLPI', 'xmlpi'],
  ['IS_XMLROOT', 'xmlroot'],
]);

const jsonFunctions: ReadonlyMap<string, string> = new Map([
  ['JSON_EXISTS_OP', 'json_exists'],
  ['JSON_QUERY_OP', 'json_query'],
  ['JSON_VALUE_OP', 'json_value'],
]);

/**
 * The label of an expression.
 *
 * @param subqueries The names of the first columns of the subqueries in it, once they are analysed.
 */
export function outputName(node: Node, subqueries: SubqueryNames): string {
  return nameOf(node, subqueries)?.name ?? none;
}

/** By the subquery's own node. */
export type SubqueryNames = ReadonlyMap<Node, string>;

interface Found {
  readonly name: string;
  /** Whether the name is the value's own, and not only that of a cast or a construct around it. */
  readonly strong: boolean;
}

const strong = (name: string): Found => ({ name, strong: true });
const weak = (name: string): Found => ({ name, strong: false });

function nameOf(node: Node, subqueries: SubqueryNames): Found | null {
  const kind = kindOf(node);
  switch (kind) {
    case 'ColumnRef': {
      const name = stringsOf(fieldsOf<{ fields: Node[] }>(node).fields).findLast((part) => part !== '');
      return name === undefined ? null : strong(name);
    }
    case 'A_Indirection': {
      const { arg, indirection } = fieldsOf<{ arg: Node; indirection: Node[] }>(node);
      const field = indirection.findLast((step) => kindOf(step) === 'String');
      return field === undefined ? nameOf(arg, subqueries) : strong(stringsOf([field])[0] ?? none);
    }
    case 'FuncCall':
      return strong(stringsOf(fieldsOf<{ funcname: Node[] }>(node).funcname).at(-1) ?? none);
    case 'A_Expr':
      return fieldsOf<{ kind: string }>(node).kind === 'AEXPR_NULLIF' ? strong('nullif') : null;
    case 'TypeCast': {
      const { arg, typeName } = fieldsOf<{ arg: Node; typeName: TypeName }>(node);
      const inner = nameOf(arg, subqueries);
      if (inner?.strong === true) return inner;
      const type = stringsOf(typeName.names).at(-1);
      return type === undefined ? inner : weak(type);
    }
    case 'CollateClause': {
      const { arg } = fieldsOf<{ arg?: Node }>(node);
      return arg === undefined ? null : nameOf(arg, subqueries);
    }
    case 'MinMaxExpr':
      return strong(fieldsOf<{ op: string }>(node).op === 'IS_LEAST' ? 'least' : 'greatest');
    case 'CaseExpr': {
      const { defresult } = fieldsOf<{ defresult?: Node }>(node);
      const inner = defresult === undefined ? null : nameOf(defresult, subqueries);
      return inner?.strong === true ? inner : weak('case');
    }
    case 'SQLValueFunction': {
      const op = fieldsOf<{ op: string }>(node)
        .op.replace(/^SVFOP_/, '')
        .replace(/_N$/, '');
      return strong(op.toLowerCase());
    }
    case 'SubLink':
      return subLinkName(fieldsOf<SubLink>(node), subqueries);
    case 'XmlExpr': {
      const name = xmlNames.get(fieldsOf<{ op: string }>(node).op);
      return name === undefined ? null : strong(name);
    }
    case 'JsonFuncExpr': {
      const name = jsonFunctions.get(fieldsOf<{ op: string }>(node).op);
      return name === undefined ? null : strong(name);
    }
    default: {
      const name = byKind.get(kind);
      return name === undefined ? null : strong(name);
    }
  }
}

function subLinkName(link: SubLink, subqueries: SubqueryNames): Found | null {
  if (link.subLinkType === 'EXISTS_SUBLINK') return strong('exists');
  if (link.subLinkType === 'ARRAY_SUBLINK') return strong('array');
  const name = link.subLinkType === 'EXPR_SUBLINK' ? subqueries.get(link.subselect) : undefined;
  return name === undefined ? null : strong(name);
}
