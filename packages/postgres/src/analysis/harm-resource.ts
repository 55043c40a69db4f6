/** What a dangerous function acts on, where its first argument says so in a constant. */
import { type Resource, resource } from '@countersign/core';
import { asKind, type FuncCall, type Node, stringsOf } from '../ast/nodes.ts';
import { isBuiltIn } from '../catalog/catalog.ts';
import type { HarmResource } from '../functions/harm.ts';
import { typeFacts } from '../resolution/type-facts.ts';
import type { Context } from './context.ts';
import { findRelation } from './relations.ts';

/** The resource; null where only the function itself can be named. */
export function harmResource(
  context: Context,
  kind: HarmResource,
  argument: Node | undefined,
): Resource | null {
  if (kind === 'function') return null;
  const owned = kind === 'sequence' ? ownedSequence(context, argument) : null;
  if (owned !== null) return owned;
  const text = constantText(argument);
  if (text === null) return null;
  switch (kind) {
    case 'sequence':
      return sequence(context, text);
    case 'setting':
      return resource('setting', text.toLowerCase());
    case 'file':
      return resource('file', ...text.split('/'));
    case 'large_object':
      return resource('large_object', text);
  }
}

/** Whether an argument names one of the server's own types in a constant: `'integer'`, `'numeric(10,2)[]'`. */
export function namesOwnType(context: Context, argument: Node | undefined): boolean {
  const name = constantText(argument)?.replace(/(?:\[\])?$/, '') ?? '';
  const facts = typeFacts(context.catalog);
  const bare = name.replace(/\([\d, ]*\)$/, '').toLowerCase();
  const type = facts.written(bare === 'int' ? 'integer' : bare);
  return type !== null && isBuiltIn(type) && !facts.isPseudo(type);
}

/** The text of a constant, cast or not. */
function constantText(node: Node | undefined): string | null {
  const cast = asKind<{ arg?: Node }>(node, 'TypeCast');
  if (cast !== null) return constantText(cast.arg);
  const constant = asKind<{ sval?: { sval?: string }; ival?: { ival?: number } }>(node, 'A_Const');
  if (constant?.sval !== undefined) return constant.sval.sval ?? '';
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0);
  return null;
}

/** `nextval('public.orders_id_seq')`: the text is a name as SQL writes it. */
function sequence(context: Context, text: string): Resource | null {
  const names = namesIn(text);
  const name = names?.at(-1);
  if (names === null || name === undefined || names.length > 2) return null;
  const schema = names.length === 2 ? names[0] : undefined;
  const relation = findRelation(context, {
    relname: name,
    ...(schema === undefined ? {} : { schemaname: schema }),
  });
  return resource('sequence', relation.schema, relation.name);
}

/** `nextval(pg_get_serial_sequence('orders', 'id'))`, where the table has one sequence: it is that one or none. */
function ownedSequence(context: Context, argument: Node | undefined): Resource | null {
  const cast = asKind<{ arg?: Node }>(argument, 'TypeCast');
  if (cast !== null) return ownedSequence(context, cast.arg);
  const call = asKind<FuncCall>(argument, 'FuncCall');
  const names = stringsOf(call?.funcname);
  const isServers = names.length === 1 || names[0] === 'pg_catalog';
  if (!isServers || names.at(-1) !== 'pg_get_serial_sequence') return null;
  if (context.catalog.functions.has('pg_get_serial_sequence')) return null;
  const [schema, name] = namesIn(constantText(call?.args?.[0]) ?? '')?.slice(-2) ?? [];
  if (schema === undefined) return null;
  const table = findRelation(
    context,
    name === undefined ? { relname: schema } : { relname: name, schemaname: schema },
  );
  const owned = [...context.catalog.relationsByOid.values()].filter(
    (one) => one.kind === 'S' && one.belongsTo === table.oid,
  );
  const [only] = owned;
  return owned.length === 1 && only !== undefined ? resource('sequence', only.schema, only.name) : null;
}

const part = /\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))\s*(\.|$)/y;

/** A qualified name's parts, quotes removed and the rest folded; null for what is no such name. */
export function namesIn(text: string): string[] | null {
  const names: string[] = [];
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return null;
    const [, quoted, bare = '', end] = found;
    names.push(
      quoted === undefined
        ? bare.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
        : quoted.replaceAll('""', '"'),
    );
    if (end === '') return names;
  }
  return null;
}
