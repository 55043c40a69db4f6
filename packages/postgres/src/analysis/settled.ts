/** Quoted constants that come out of a query are texts from then on. */
import { typeIds } from '../resolution/type-facts.ts';
import type { ScopeColumn } from './scope.ts';

export function settled(columns: readonly ScopeColumn[]): ScopeColumn[] {
  return columns.map((column) =>
    column.value.type === typeIds.unknown
      ? { ...column, value: { ...column.value, type: typeIds.text } }
      : column,
  );
}
