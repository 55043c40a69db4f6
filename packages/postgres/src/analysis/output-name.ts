/** The label the server gives an output column that the statement gives none. */
import { asKind, fieldsOf, kindOf, type Node, stringsOf, type TypeName } from '../ast/nodes.ts';

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

export function outputName(node: Node): string {
  return nameOf(node)?.name ?? none;
}

interface Found {
  readonly name: string;
  /** Whether the name is the value's own, and not only that of a cast or a construct around it. */
  readonly strong: boolean;
}

const strong = (name: string): Found => ({ name, strong: true });
const weak = (name: string): Found => ({ name, strong: false });

function nameOf(node: Node): Found | null {
  const kind = kindOf(node);
  switch (kind) {
    case 'ColumnRef': {
      const name = stringsOf(fieldsOf<{ fields: Node[] }>(node).fields).findLast((part) => part !== '');
      return name === undefined ? null : strong(name);
    }
    case 'A_Indirection': {
      const { arg, indirection } = fieldsOf<{ arg: Node; indirection: Node[] }>(node);
      const field = indirection.findLast((step) => kindOf(step) === 'String');
      return field === undefined ? nameOf(arg) : strong(stringsOf([field])[0] ?? none);
    }
    case 'FuncCall':
      return strong(stringsOf(fieldsOf<{ funcname: Node[] }>(node).funcname).at(-1) ?? none);
    case 'A_Expr':
      return fieldsOf<{ kind: string }>(node).kind === 'AEXPR_NULLIF' ? strong('nullif') : null;
    case 'TypeCast': {
      const { arg, typeName } = fieldsOf<{ arg: Node; typeName: TypeName }>(node);
      const inner = nameOf(arg);
      if (inner?.strong === true) return inner;
      const type = stringsOf(typeName.names).at(-1);
      return type === undefined ? inner : weak(type);
    }
    case 'CollateClause': {
      const { arg } = fieldsOf<{ arg?: Node }>(node);
      return arg === undefined ? null : nameOf(arg);
    }
    case 'MinMaxExpr':
      return strong(fieldsOf<{ op: string }>(node).op === 'IS_LEAST' ? 'least' : 'greatest');
    case 'CaseExpr': {
      const { defresult } = fieldsOf<{ defresult?: Node }>(node);
      const inner = defresult === undefined ? null : nameOf(defresult);
      return inner?.strong === true ? inner : weak('case');
    }
    case 'SQLValueFunction': {
      const op = fieldsOf<{ op: string }>(node)
        .op.replace(/^SVFOP_/, '')
        .replace(/_N$/, '');
      return strong(op.toLowerCase());
    }
    case 'SubLink':
      return subLinkName(fieldsOf<{ subLinkType: string; subselect: Node }>(node));
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

function subLinkName(link: { readonly subLinkType: string; readonly subselect: Node }): Found | null {
  if (link.subLinkType === 'EXISTS_SUBLINK') return strong('exists');
  if (link.subLinkType === 'ARRAY_SUBLINK') return strong('array');
  if (link.subLinkType !== 'EXPR_SUBLINK') return null;
  let select = asKind<{ targetList?: Node[]; larg?: object }>(link.subselect, 'SelectStmt');
  while (select?.larg !== undefined) select = select.larg;
  const target = asKind<{ name?: string; val?: Node }>(select?.targetList?.[0], 'ResTarget');
  if (target?.name !== undefined) return strong(target.name);
  return target?.val === undefined ? null : nameOf(target.val);
}
