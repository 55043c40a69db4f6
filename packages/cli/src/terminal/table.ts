/** Rows of text in aligned columns. */
import { printableLine } from './printable.ts';
import type { Paint } from './terminal.ts';
import { cellWidth, padEnd } from './width.ts';

/** Cells a column may take before its longer values push the rest of their own row aside. */
const widest = 60;

/** A table with a heading; null is shown as `∅`. Every value is made printable, none is cut. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  paint: Paint,
): readonly string[] {
  const shown = rows.map((cells) => cells.map((cell) => (cell === null ? '∅' : printableLine(cell))));
  const heads = columns.map(printableLine);
  const widths = heads.map((head, index) =>
    Math.min(widest, Math.max(cellWidth(head), ...shown.map((cells) => cellWidth(cells[index] ?? '')))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => padEnd(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(heads)), ...shown.map(line)];
}
