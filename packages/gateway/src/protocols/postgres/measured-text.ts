/**
 * A statement as it is run to measure it: with RETURNING, so that keys and new values of the rows it changes come back.
 * What it does stays the same: the clause stands last in INSERT, UPDATE and DELETE, and returns columns of the rows that
 * are written anyway. The analysis is asked whether that is so.
 */
import { type Binding, type Effect, type OutputColumn, resource } from '@countersign/core';
import type { Catalog, Relation, SqlAnalysis } from '@countersign/postgres';
import type { Plan, PlannedStatement } from './effects.ts';
import type { Row } from './portal.ts';
import type { Reach } from './reach.ts';

/** Bytes that the rows of one statement may have; beyond them it can't be measured. */
export const measuredBytes = 16 * 1024 * 1024;

/** The table whose rows a statement writes, and where its columns stand in what is returned. */
export interface Written {
  readonly schema: string;
  readonly table: string;
  /** `public.orders` */
  readonly name: string;
  /** In the order of the table, each with where its new value comes from. */
  readonly columns: readonly OutputColumn[];
  /** Where the first of them stands in a returned row. */
  readonly at: number;
  /** What becomes of a returned row; of MERGE, the place where the row says so itself. */
  readonly fate: RowFate | { readonly toldAt: number };
}

/** Whether a row is there afterwards. */
export type RowFate = 'written' | 'deleted';

/** A row of the table as it was returned: as it is now, or as it was before it was deleted. */
export interface WrittenRow {
  readonly fate: RowFate;
  readonly cells: Row;
}

export function writtenRow({ columns, at, fate }: Written, row: Row): WrittenRow {
  const cells = row.slice(at, at + columns.length);
  if (typeof fate === 'string') return { fate, cells };
  return { fate: row[fate.toldAt] === 'DELETE' ? 'deleted' : 'written', cells };
}

export interface MeasuredText {
  readonly text: string;
  /** Output columns of the statement's own; what is returned besides follows. */
  readonly own: number;
  readonly written: Written | null;
  /** Why the rows can't be had; null where they can, and where the statement writes none. */
  readonly unbound: string | null;
}

/** The statements of a plan as they are run to measure them. Rejects with the signal's reason. */
export async function measuredTexts(
  reach: Reach,
  plan: Plan,
  parameters: number,
  bind: Binding,
  signal: AbortSignal,
): Promise<readonly MeasuredText[]> {
  if (bind === 'counts') return plan.statements.map(({ text }) => plainText(text, null));
  const catalog = await reach.catalogs.current(() => AbortSignal.any([signal, reach.closing]));
  const texts: MeasuredText[] = [];
  for (const statement of plan.statements)
    texts.push(await measuredText(reach, catalog, statement, parameters));
  return texts;
}

/** A statement as it stands: nothing is known of its rows. */
export const plainText = (text: string, unbound: string | null): MeasuredText => ({
  text,
  own: 0,
  written: null,
  unbound,
});

type Analysed = Extract<SqlAnalysis, { ok: true }>;

async function measuredText(
  { analyser }: Reach,
  catalog: Catalog,
  { text }: PlannedStatement,
  parameters: number,
): Promise<MeasuredText> {
  const plain = await analyser.analyse(text, catalog, { parameters });
  if (!plain.ok) return { text, own: 0, written: null, unbound: 'a statement that could not be analysed' };
  const own = plain.lineage.outputs.length;
  const unchanged = (unbound: string | null): MeasuredText => ({ text, own, written: null, unbound });
  const targets = new Set(plain.effects.filter(isWrite).map((effect) => effect.resource));
  if (targets.size === 0) return unchanged(null);
  const [target = ''] = targets;
  if (targets.size > 1) return unchanged('rows of more than one table, written by one statement');
  const [schema = '', table = ''] = target.slice('table:'.length).split('.').map(decodeURIComponent);
  const name = tableName(schema, table);
  const relation = catalog.relations.get(table)?.get(schema);
  if (relation === undefined) return unchanged(`${name}: not a table`);
  const why = whyNotReturned(relation, changedColumns(plain, target));
  if (why !== null) return unchanged(`${name}: ${why}`);
  const kind = plain.statements[0]?.kind;
  // MERGE returns the columns of its source before those of its target, and has to be asked what it did.
  const star = kind === 'merge' ? 'merge_action(), *' : '*';
  const longer = `${text}\n${own > 0 ? ',' : 'RETURNING'} ${star}`;
  const returning = await analyser.analyse(longer, catalog, { parameters });
  const columns = relation.columns.map((column) => column.name);
  const at = returning.ok && kind === 'merge' ? returning.lineage.outputs.length - columns.length : own;
  if (!returning.ok || !isSame(plain, returning, at, columns))
    return unchanged(`${name}: a statement that can’t return the rows it writes`);
  const outputs = returning.lineage.outputs.slice(at, at + columns.length);
  return {
    text: longer,
    own,
    unbound: null,
    written: {
      schema,
      table,
      name,
      at,
      fate: kind === 'merge' ? { toldAt: own } : kind === 'delete' ? 'deleted' : 'written',
      // What is written is hidden as the column it is written to, and as what it comes from.
      columns: outputs.map((output) => ({
        ...output,
        sources: [
          { column: resource('column', schema, table, output.name), how: 'as_is' },
          ...output.sources.filter(({ column }) => column !== resource('column', schema, table, output.name)),
        ],
      })),
    },
  };
}

/**
 * Why the rows of a table can't be had, or can't be told from each other; null where they can.
 *
 * @param changed The columns that rows which are there get another value of; null where it may be any.
 */
function whyNotReturned(relation: Relation, changed: ReadonlySet<string> | null): string | null {
  const { kind, rowSecurity, rules, children, rowKeys } = relation;
  if (kind !== 'r' && kind !== 'p') return 'not a table';
  if (rowSecurity || rules.length > 0)
    return 'rules or row security policies decide which of its rows can be returned';
  // They may have columns that it has not, and rows of the same key.
  if (kind === 'r' && children.length > 0) return 'tables inherit from it';
  if (rowKeys.length === 0) return 'it has no key';
  // Only a key that stays says which row it was.
  const generated = relation.columns.filter((column) => column.generated !== null).map(({ name }) => name);
  const stays = (column: string) =>
    changed === null || changed.has(column) ? false : changed.size === 0 || !generated.includes(column);
  return rowKeys.some((key) => key.every(stays)) ? null : 'its key is changed';
}

/** The columns that UPDATE, ON CONFLICT or MERGE set in rows that are there; null where it may be any. */
function changedColumns({ effects }: Analysed, target: string): ReadonlySet<string> | null {
  const updates = effects.filter(
    ({ action, resource: on, via }) => action === 'write.update' && on === target && via === undefined,
  );
  if (updates.some(({ columns }) => columns === undefined)) return null;
  return new Set(updates.flatMap(({ columns = [] }) => columns));
}

const isWrite = ({ action, resource: on, via }: Effect): boolean =>
  via === undefined && /^write\.(?:insert|update|delete)$/.test(action) && on.startsWith('table:');

/** `public.orders`; a part with a dot of its own is quoted, so that no two tables have one name. */
export const tableName = (...parts: readonly [schema: string, table: string]): string =>
  parts.map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.');

/** Whether the longer text is the same statement, and returns the columns of the table besides. */
function isSame(plain: Analysed, returning: Analysed, at: number, columns: readonly string[]): boolean {
  const [before] = plain.statements;
  const [after] = returning.statements;
  const written = ({ effects }: Analysed) =>
    JSON.stringify(
      effects
        .filter(({ action }) => action !== 'read')
        .map(({ action, resource: on, via }) => [action, on, via]),
    );
  const returned = returning.lineage.outputs.slice(at, at + columns.length).map(({ name }) => name);
  return (
    returning.statements.length === 1 &&
    before?.kind === after?.kind &&
    written(plain) === written(returning) &&
    JSON.stringify(returned) === JSON.stringify(columns)
  );
}
