/** Boxes of text, of a given width in cells. What does not fit a row goes on in the next: nothing is ever cut. */
import type { Paint, Style } from './terminal.ts';
import { cellWidth, expandTabs, padEnd, wrapLine, wrapWords } from './width.ts';

/** One row before it is framed: its text, colours included, and the cells it takes. */
export interface Row {
  readonly text: string;
  readonly cells: number;
}

/** A row; `painted` is the same text with colours. */
export function row(text: string, painted: string = text): Row {
  return { text: painted, cells: cellWidth(text) };
}

export const blank: Row = row('');

export interface FrameOptions {
  readonly title: string;
  /** At the right end of the top line; in a row of its own where both don't fit. */
  readonly aside: string;
  /** Of the whole box, frame included. */
  readonly width: number;
  readonly paint: Paint;
  readonly style: Style;
}

/** Frames rows. */
export function frame(rows: readonly Row[], { title, aside, width, paint, style }: FrameOptions): string[] {
  const inner = width - 2;
  const edge = (text: string) => paint(style, text);
  const room = inner - cellWidth(title) - cellWidth(aside) - 6;
  const fits = room >= 1;
  const top = fits
    ? `${edge('╭─')} ${paint('bold', title)} ${edge('─'.repeat(room))} ${aside} ${edge('─╮')}`
    : `${edge('╭─')} ${paint('bold', title)} ${edge(`${'─'.repeat(Math.max(0, inner - cellWidth(title) - 3))}╮`)}`;
  const own = fits ? [] : wrapWords(aside, inner - 4).map((line) => row(`  ${line}`));
  const body = [...own, ...rows].map(
    ({ text, cells }) => `${edge('│')}${text}${' '.repeat(Math.max(0, inner - cells))}${edge('│')}`,
  );
  return [top, ...body, edge(`╰${'─'.repeat(inner)}╯`)];
}

/**
 * What someone else wrote, in a box that it can't break out of: every row has the box's own edge on both sides, and a
 * row that only goes on from the one above begins with `↳`.
 */
export function untrustedBox(label: string, text: string, width: number, paint: Paint): readonly Row[] {
  const inner = width - 5;
  const dim = (part: string) => paint('dim', part);
  const head = `┌ ${label} `;
  const top = `${head}${'─'.repeat(Math.max(0, width - 1 - cellWidth(head)))}┐`;
  const bottom = `└${'─'.repeat(width - 2)}┘`;
  const body = text.split('\n').flatMap((line) =>
    wrapLine(expandTabs(line), inner).map((part, index) => {
      const mark = index === 0 ? ' ' : '↳';
      const padded = padEnd(part, inner);
      return row(`│ ${mark} ${padded}│`, `${dim(`│ ${mark}`)} ${paint('yellow', padded)}${dim('│')}`);
    }),
  );
  return [row(top, dim(top)), ...body, row(bottom, dim(bottom))];
}

/** Lines with a label before the first, aligned at `indent` cells. */
export function labelled(
  label: string,
  lines: readonly string[],
  layout: { readonly width: number; readonly indent: number; readonly paint: Paint },
): readonly Row[] {
  const { width, indent, paint } = layout;
  return lines
    .flatMap((line) => wrapWords(line, width - indent))
    .map((text, index) => {
      const name = padEnd(index === 0 ? label : '', indent);
      return row(`${name}${text}`, `${paint('dim', name)}${text}`);
    });
}

/** The rows, moved right. */
export function indented(rows: readonly Row[], by: number): readonly Row[] {
  return rows.map(({ text, cells }) => ({ text: ' '.repeat(by) + text, cells: cells + by }));
}
