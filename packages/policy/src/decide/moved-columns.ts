/**
 * Protected data that a call may write somewhere. Analysis tells what is read, returned, used to decide and written, not
 * what flows into what is written; so a masked column that is read in a call that also stores something is taken to be
 * moved, unless
 * - every place the call writes is masked at least as strictly, or
 * - it is a column of a table that is written, and is returned (RETURNING, where it is masked) or decides (WHERE, where
 *   `filter` speaks).
 * A move is the effect `secret.move`, which only a rule that names it allows.
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
  const stores = question.effects.filter((effect) => !isRead(effect) && !storesNothing.has(effect.action));
  if (columnMasks.length === 0 || stores.length === 0) return [];
  const { outputs, uses } = question.lineage;
  const accounted = new Set<Resource>([
    ...outputs.flatMap(({ sources }) => sources.map(({ column }) => column)),
    ...uses.map(({ column }) => column),
  ]);
  const stored = new Set(stores.flatMap((effect) => atomsOf(effect).map(({ table }) => table)));
  const strictness = (column: Resource): number =>
    Math.min(...masksOfColumn(columnMasks, question, column).map(({ mask }) => maskKinds.indexOf(mask.with)));
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
