/**
 * The server's settings, of which some hold a password or a command with one. A query of `pg_settings` is a read where
 * its WHERE names only settings that hold none, or where it takes no values.
 */
import {
  asKind,
  fieldsOf,
  kindOf,
  type Node,
  type RangeVar,
  type SelectStmt,
  stringsOf,
} from '../ast/nodes.ts';
import { secretSettings } from '../functions/harm.ts';

/** The columns of `pg_settings` that hold values. */
export const settingValues: ReadonlySet<string> = new Set(['setting', 'boot_val', 'reset_val']);

/** Whether a query that reads nothing but `pg_settings` leaves out every setting that may hold a secret. */
export function leavesOutSecrets({ fromClause, whereClause }: SelectStmt): boolean {
  const [only, another] = fromClause ?? [];
  const range = asKind<RangeVar>(only, 'RangeVar');
  if (range === null || another !== undefined || whereClause === undefined) return false;
  // What is tested of a value might be tested first, and tell by failing.
  const hidden = [...settingValues, range.relname, range.alias?.aliasname];
  return conjunctsOf(whereClause).some(excludesSecrets) && !hidden.some((name) => names(whereClause, name));
}

/** Whether a name stands anywhere in a part of a tree. */
function names(part: unknown, name: string | undefined): boolean {
  if (typeof part !== 'object' || part === null || name === undefined) return false;
  if ('ColumnRef' in part) return stringsOf((part.ColumnRef as { fields?: Node[] }).fields).at(-1) === name;
  return Object.values(part).some((field) => names(field, name));
}

function conjunctsOf(node: Node): readonly Node[] {
  const bool = asKind<{ boolop: string; args?: readonly Node[] }>(node, 'BoolExpr');
  return bool?.boolop === 'AND_EXPR' ? (bool.args ?? []).flatMap(conjunctsOf) : [node];
}

/** `name = 'a'`, `name in ('a', 'b')`, `name like 'a%'`: whether no secret setting passes. */
function excludesSecrets(node: Node): boolean {
  const test = asKind<{ kind: string; name?: readonly Node[]; lexpr?: Node; rexpr?: Node }>(node, 'A_Expr');
  const column = asKind<{ fields: readonly Node[] }>(test?.lexpr, 'ColumnRef');
  if (test === null || column === null || stringsOf(column.fields).at(-1) !== 'name') return false;
  const operator = stringsOf(test.name).join('.');
  const values = test.rexpr === undefined ? null : textsOf(test.rexpr);
  if (values === null) return false;
  if ((test.kind === 'AEXPR_OP' || test.kind === 'AEXPR_IN') && operator === '=')
    return values.every((value) => !secretSettings.has(value));
  if (test.kind !== 'AEXPR_LIKE' || operator !== '~~') return false;
  // What stands before the first wildcard is what the name begins with.
  const prefixes = values.map((value) => /^[^%_\\]*/.exec(value)?.[0] ?? '');
  return prefixes.every((prefix) => ![...secretSettings].some((name) => name.startsWith(prefix)));
}

/** The constants, where there is nothing else. */
function textsOf(node: Node): readonly string[] | null {
  const items = kindOf(node) === 'List' ? (fieldsOf<{ items?: readonly Node[] }>(node).items ?? []) : [node];
  const texts = items.map((item) => asKind<{ sval?: { sval?: string } }>(item, 'A_Const')?.sval?.sval);
  return texts.every((text) => text !== undefined) ? texts : null;
}
