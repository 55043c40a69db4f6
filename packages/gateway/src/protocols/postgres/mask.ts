/** Masks on rows: cell by cell, by output position. */
import { CountersignError, type Lineage } from '@countersign/core';
import type { Masker } from '../../masking/masker.ts';
import type { Row } from './portal.ts';

/**
 * The masks were planned by position over the analysed outputs; over other columns they would hide the wrong ones.
 *
 * @throws {CountersignError} `unknown_effect` where the server returns other than what was analysed.
 */
export function checkOutputs(columns: readonly string[], lineage: Lineage): void {
  if (columns.length === lineage.outputs.length) return;
  throw new CountersignError('unknown_effect', {
    what: `the server returns ${columns.length} columns, the analysis found ${lineage.outputs.length}`,
  });
}

/** What is left of a row of the last statement, whose outputs the masks were planned for. */
export function rowMask(masker: Masker): (row: Row) => Row {
  return (row) =>
    row.some((_, index) => masker.touches(index))
      ? row.map((cell, index) => (masker.touches(index) ? masker.cell(index, cell) : cell))
      : row;
}

/** Of any earlier statement nothing is returned. */
export const nothingOf = (): Row => [];
