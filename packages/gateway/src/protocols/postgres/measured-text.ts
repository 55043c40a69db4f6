/**
 * A statement as it is run to measure it: with RETURNING, so that keys and new values of the rows it changes come back.
 * What it does stays the same: the clause stands last in INSERT, UPDATE and DELETE, and returns columns of the rows that
 * are written anyway. The analysis is asked whether that is so.
 */
import { type Binding, type Effect, type OutputColumn, resource } from '@countersign/core';
import type { Catalog, SqlAnalysis } from '@countersign/postgres';
import type { Plan, PlannedStatement } from './effects.ts';
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
}

export interface MeasuredText {
  readonly text: string;
  /** Output columns of the statement's own; those of the table follow. */
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
  const name = nameOf(target);
  if (targets.size > 1) return unchanged('rows of more than one table, written by one statement');
  const [schema = '', table = ''] = target.slice('table:'.length).split('.').map(decodeURIComponent);
  const relation = catalog.relations.get(table)?.get(schema);
  if (relation === undefined || (relation.kind !== 'r' && relation.kind !== 'p'))
    return unchanged(`${name}: not a table`);
  if (relation.rowSecurity || relation.rules.length > 0)
    return unchanged(`${name}: rules or row security policies decide which of its rows can be returned`);
  if (relation.keys.size === 0) return unchanged(`${name}: it has no key`);
  const longer = `${text}\n${own > 0 ? ',' : 'RETURNING'} *`;
  const returning = await analyser.analyse(longer, catalog, { parameters });
  const columns = relation.columns.map((column) => column.name);
  if (!returning.ok || !isSame(plain, returning, own, columns))
    return unchanged(`${name}: a statement that can’t return the rows it writes`);
  const outputs = returning.lineage.outputs.slice(own, own + columns.length);
  return {
    text: longer,
    own,
    unbound: null,
    written: {
      schema,
      table,
      name,
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

const isWrite = ({ action, resource: on, via }: Effect): boolean =>
  via === undefined && /^write\.(?:insert|update|delete)$/.test(action) && on.startsWith('table:');

const nameOf = (target: string): string => decodeURIComponent(target.slice('table:'.length));

/** Whether the longer text is the same statement, and returns the columns of the table besides. */
function isSame(plain: Analysed, returning: Analysed, own: number, columns: readonly string[]): boolean {
  const [before] = plain.statements;
  const [after] = returning.statements;
  const written = ({ effects }: Analysed) =>
    JSON.stringify(
      effects
        .filter(({ action }) => action !== 'read')
        .map(({ action, resource: on, via }) => [action, on, via]),
    );
  const returned = returning.lineage.outputs.slice(own, own + columns.length).map(({ name }) => name);
  return (
    returning.statements.length === 1 &&
    before?.kind === after?.kind &&
    written(plain) === written(returning) &&
    JSON.stringify(returned) === JSON.stringify(columns)
  );
}
