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

export function maskRows(rows: readonly Row[], columns: number, masker: Masker): (string | null)[][] {
  const touched = Array.from({ length: columns }, (_, index) => masker.touches(index));
  return rows.map((row) =>
    row.map((cell, index) => (touched[index] === false ? cell : masker.cell(index, cell))),
  );
}
