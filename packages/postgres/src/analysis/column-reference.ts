/** Names in expressions: columns, whole rows, `t.*`, and fields of composite values. */
import { asKind, fieldsOf, type Node, stringsOf } from '../ast/nodes.ts';
import { typeFacts, typeIds } from '../resolution/type-facts.ts';
import { callOnRow, findFunctions } from './call.ts';
import { type Context, displayName, notSupported, unknownObject } from './context.ts';
import { analyseExpression } from './expression.ts';
import { entryColumn, type Scope, type ScopeEntry, use } from './scope.ts';
import { callUser, takenAs } from './types.ts';
import { derivedFrom, type NamedValue, unproven, type Value } from './value.ts';

interface ColumnRef {
  readonly fields: readonly Node[];
}

/** A column, or a whole row where the name is a table's. */
export function columnReference(context: Context, scope: Scope, ref: ColumnRef): Value {
  if (asKind(ref.fields.at(-1), 'A_Star') !== null) return wholeRow(starOf(context, scope, ref));
  const names = stringsOf(ref.fields);
  const [first = '', second, third, fourth] = names;
  if (second === undefined) {
    const column = scope.column(first);
    if (column !== null) return use(column);
    const entry = scope.entry(first);
    if (entry !== null) return wholeRow(rowOf(entry), entry.rowType);
    throw unknownObject('column', displayName(first));
  }
  if (fourth !== undefined) {
    if (first !== context.catalog.database) throw unknownObject('column', displayName(...names));
    return columnOf(context, scope.entry(third ?? '', second), fourth, names);
  }
  if (third !== undefined) return columnOf(context, scope.entry(second, first), third, names);
  return columnOf(context, scope.entry(first), second, names);
}

function columnOf(context: Context, entry: ScopeEntry | null, name: string, names: readonly string[]): Value {
  const column = entry === null ? null : entryColumn(entry, name);
  if (column !== null) return use(column);
  const value = entry === null ? null : callOnEntry(context, name, entry);
  if (value !== null) return value;
  throw unknownObject(entry === null ? 'relation' : 'column', displayName(...names));
}

/** `orders.name` may be a call of a function that takes the whole row. */
function callOnEntry(context: Context, name: string, entry: ScopeEntry): Value | null {
  const { rowType = typeIds.record } = entry;
  return callOnRow(context, name, rowType, () => wholeRow(rowOf(entry), rowType));
}

function rowOf(entry: ScopeEntry): NamedValue[] {
  return entry.columns.map((column) => ({ name: column.name, value: use(column) }));
}

function wholeRow(row: readonly NamedValue[], type: string = typeIds.record): Value {
  return {
    ...derivedFrom(
      row.map((column) => column.value),
      type,
    ),
    row,
  };
}

/** The columns that `*`, `t.*` or `(value).*` stands for; null for anything else. */
export function starColumns(context: Context, scope: Scope, node: Node): readonly NamedValue[] | null {
  const ref = asKind<ColumnRef>(node, 'ColumnRef');
  if (ref !== null) return asKind(ref.fields.at(-1), 'A_Star') === null ? null : starOf(context, scope, ref);
  const path = asKind<Indirection>(node, 'A_Indirection');
  if (path === null || asKind(path.indirection.at(-1), 'A_Star') === null) return null;
  const before = path.indirection.slice(0, -1);
  const value =
    before.length === 0
      ? analyseExpression(context, scope, path.arg)
      : indirection(context, scope, { arg: path.arg, indirection: before });
  const row = value.row ?? fieldsOfType(context, value);
  if (row === null) throw notSupported('.* on a value whose columns are not known');
  return row;
}

function starOf(context: Context, scope: Scope, ref: ColumnRef): readonly NamedValue[] {
  const names = stringsOf(ref.fields.slice(0, -1));
  if (names.length === 0) {
    if (scope.items.length === 0) throw unknownObject('column', '*');
    return scope.items.flatMap((item) =>
      item.columns.map((column) => ({ name: column.name, value: use(column) })),
    );
  }
  const [name = '', schema = null, database] = [...names].reverse();
  const entry =
    database !== undefined && database !== context.catalog.database ? null : scope.entry(name, schema);
  if (entry === null) throw unknownObject('relation', displayName(...names));
  return rowOf(entry);
}

interface Indirection {
  readonly arg: Node;
  readonly indirection: readonly Node[];
}

/** `(value).field`, `array[1]`: a part comes from what the whole comes from. */
export function indirection(context: Context, scope: Scope, path: Indirection): Value {
  let value = analyseExpression(context, scope, path.arg);
  for (const step of path.indirection) {
    const field = asKind<{ sval?: string }>(step, 'String')?.sval;
    if (field !== undefined) {
      const row = value.row ?? fieldsOfType(context, value);
      const found = row?.find((column) => column.name === field)?.value;
      value = found ?? (row === null ? perhapsCalled(context, field, value) : called(context, field, value));
    } else if (asKind(step, 'A_Star') !== null) {
      value = derivedFrom([value]);
    } else {
      const { lidx, uidx } = fieldsOf<{ lidx?: Node; uidx?: Node }>(step);
      const indices = [lidx, uidx].filter((index) => index !== undefined);
      const slice = fieldsOf<{ is_slice?: boolean }>(step).is_slice === true;
      const type = partType(context, value.type, slice);
      const places = indices.map((index) => analyseExpression(context, scope, index));
      const isDocument = value.type === typeIds.jsonb;
      // Which of the values that the statement brings along is taken may be what fails further on.
      if (!isDocument) context.compute(...places);
      const taken = places.map((place) => (isDocument ? place : takenAs(context, place, typeIds.int4)));
      value = derivedFrom([value, ...taken], type);
    }
  }
  return value;
}

/** `(value).name` of a row that has no such column is a call of a function of that name. */
function called(context: Context, name: string, row: Value): Value {
  const value = callOnRow(context, name, row.type ?? typeIds.record, () => row);
  if (value === null) throw unknownObject('column', displayName(name));
  return value;
}

/** `(value).name` of a value whose columns are not known may be a call of a function of that name. */
function perhapsCalled(context: Context, name: string, value: Value): Value {
  const users = findFunctions(context, [name], 1).user;
  const harmless = users.map((one) => callUser(context, one));
  const field = derivedFrom([value]);
  return harmless.includes(false) ? unproven(field) : field;
}

/** The type of an element or a slice of an array, or of a part of a document. */
function partType(context: Context, type: string | null, slice: boolean): string | null {
  if (type === null || type === typeIds.jsonb) return type;
  const facts = typeFacts(context.catalog);
  return slice ? facts.base(type) : facts.element(type);
}

/** The fields of a value of a composite type that is known; null where it is not. */
function fieldsOfType(context: Context, value: Value): NamedValue[] | null {
  const type = value.type === null ? undefined : context.catalog.types.get(value.type);
  const relation = type?.relation ? context.catalog.relationsByOid.get(type.relation) : undefined;
  if (relation === undefined) return null;
  context.reliedOn.relation(relation);
  return relation.columns.map((column) => ({ name: column.name, value: derivedFrom([value], column.type) }));
}
