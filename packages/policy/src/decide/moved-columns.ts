/**
 * Protected data that a call may write somewhere: the effect `secret.move`, which only a rule that names it allows.
 *
 * Where the analysis tells what moves from column to column, a masked column that moves to a place that is not masked at
 * least as strictly is such an effect. What it does not tell (a function that is called, a protocol without moves) is
 * taken to move every masked column that the call reads, unless
 * - every place the call writes is masked at least as strictly, or
 * - it is a column of a table that is written, and is returned (RETURNING, where it is masked) or decides (WHERE, where
 *   `filter` speaks).
 *
 * Code that the call itself brings (a DO block, a function it makes, a program) is taken to move whatever there is. It
 * stands on the card, so that a rule that asks for it covers this; one that allows it does not.
 */
import {
  type Action,
  baseAction,
  type Effect,
  maskKinds,
  type Resource,
  splitResource,
} from '@countersign/core';
import { atomsOf } from './atom.ts';
import type { CompiledMask } from './compiled-mask.ts';
import { holdsMasked, masksOfColumn } from './mask-plan.ts';
import type { Question } from './question.ts';

/** Actions that put no value anywhere. */
const storesNothing: ReadonlySet<Action> = new Set(['write.lock', 'write.delete', 'write.truncate']);

const isRead = ({ action }: Effect): boolean => ['read', 'secret'].includes(baseAction(action));

/** The moves of a call, as effects. */
export function movedColumns(masks: readonly CompiledMask[], question: Question): readonly Effect[] {
  const columnMasks = masks.filter(({ columns }) => columns.length > 0);
  if (columnMasks.length === 0) return [];
  const strictness = (column: Resource): number =>
    Math.min(...masksOfColumn(columnMasks, question, column).map(({ mask }) => maskKinds.indexOf(mask.with)));
  const brought = broughtCode(question);
  const { moves } = question.lineage;
  if (moves === undefined) return [...brought, ...untold(columnMasks, question, () => true, strictness)];
  const told = moves.flatMap(({ from, to }): readonly Effect[] => {
    const kind = from === anyColumn ? 0 : strictness(from);
    return kind === Infinity || strictness(to) <= kind ? [] : [{ action: 'secret.move', resource: from }];
  });
  // A trigger sees the whole row whatever the statement reads of it: its own effect is what a rule speaks of.
  return [
    ...brought,
    ...told,
    ...untold(columnMasks, question, (effect) => effect.via === undefined && !isTold(effect), strictness),
  ];
}

/** Stands for columns that could not be told. */
export const anyColumn: Resource = 'column:*';

/** What the agent's own code may move, once it runs: nobody has read it but whoever is asked. */
function broughtCode({ effects }: Question): readonly Effect[] {
  const bringing = effects.find(({ action, resource, via }) => {
    if (via !== undefined) return false;
    const { kind } = splitResource(resource);
    return kind === 'program' || (kind === 'function' && action === 'schema.create');
  });
  return bringing === undefined
    ? []
    : [{ action: 'secret.move', resource: anyColumn, via: bringing.resource }];
}

/** Whether what an effect stores is told by the lineage's moves: it writes, or makes and fills, a table. */
function isTold({ action, resource }: Effect): boolean {
  return (
    splitResource(resource).kind === 'table' && (baseAction(action) === 'write' || action === 'schema.create')
  );
}

/** What may move by effects that nothing more is told of. */
function untold(
  columnMasks: readonly CompiledMask[],
  question: Question,
  counts: (effect: Effect) => boolean,
  strictness: (column: Resource) => number,
): readonly Effect[] {
  const stores = question.effects.filter(
    (effect) => !isRead(effect) && !storesNothing.has(effect.action) && counts(effect),
  );
  if (stores.length === 0) return [];
  const { outputs, uses } = question.lineage;
  const accounted = new Set<Resource>([
    ...outputs.flatMap(({ sources }) => sources.map(({ column }) => column)),
    ...uses.map(({ column }) => column),
  ]);
  const stored = new Set(stores.flatMap((effect) => atomsOf(effect).map(({ table }) => table)));
  const loosest = Math.max(...stores.map((effect) => loosestPlace(effect, strictness)));
  return question.effects.filter(isRead).flatMap((effect): readonly Effect[] => {
    if (splitResource(effect.resource).kind !== 'table' && splitResource(effect.resource).kind !== 'column')
      return [];
    return atomsOf(effect).flatMap(({ name, table, columns }): readonly Effect[] => {
      if (columns === 'none' || table === null) return [];
      if (columns === 'any')
        return holdsMasked(columnMasks, table) ? [{ action: 'secret.move', resource: effect.resource }] : [];
      const column = name as Resource;
      const kind = strictness(column);
      if (kind === Infinity || loosest <= kind || (stored.has(table) && accounted.has(column))) return [];
      return [{ action: 'secret.move', resource: column }];
    });
  });
}

/** How strictly the least protected column is masked that an effect writes; infinitely loose where any is unmasked or unknown. */
function loosestPlace(effect: Effect, strictness: (column: Resource) => number): number {
  return Math.max(
    ...atomsOf(effect).map(({ name, table, columns }) =>
      table === null || columns !== 'known' ? Infinity : strictness(name as Resource),
    ),
  );
}
