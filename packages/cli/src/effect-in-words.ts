/** A measured effect and its sample of rows, as the card shows them. */
import type { MeasuredEffect, Sample } from '@countersign/core';

/** `public.orders: 3 rows changed, 1 removed`, a line for each table. */
export function effectByTable({ tables }: MeasuredEffect): readonly string[] {
  if (tables.length === 0) return ['no row of any table'];
  return tables.map(({ table, inserted, updated, deleted }) => {
    const parts = [
      [inserted, 'added'],
      [updated, 'changed'],
      [deleted, 'removed'],
    ] as const;
    const said = parts.filter(([count]) => count > 0);
    return `${table}: ${said.map(([count, word], i) => `${count}${i === 0 ? rows(count) : ''} ${word}`).join(', ')}`;
  });
}

const rows = (count: number): string => (count === 1 ? ' row' : ' rows');

/**
 * A line for each row of a sample: `id 7 · price: 10 → 11` for one that changes, all of it for one that comes or goes.
 * The first column stands for the row.
 *
 * @param effect Of the same call: where it adds no row to the table, one without a before could not be seen.
 */
export function sampleInWords(
  { table, columns, rows: sampled }: Sample,
  effect?: MeasuredEffect,
): readonly string[] {
  const adds = effect?.tables.find((one) => one.table === table)?.inserted !== 0;
  return sampled.map(({ before, after }) => {
    const whole = (cells: readonly (string | null)[]) =>
      columns.map((column, i) => `${column} ${cell(cells[i])}`).join(', ');
    if (before !== null && after === null) return `− ${whole(before)}`;
    if (before === null) return `${adds ? '+' : 'what it was could not be seen · now'} ${whole(after ?? [])}`;
    const changed = columns.flatMap((column, i) =>
      before[i] === after?.[i] ? [] : [`${column}: ${cell(before[i])} → ${cell(after?.[i])}`],
    );
    const which = `${columns[0] ?? ''} ${cell(after?.[0])}`;
    return `  ${which} · ${changed.length === 0 ? 'nothing that shows' : changed.join(', ')}`;
  });
}

const cell = (text: string | null | undefined): string => text ?? '∅';
