/** How many cells a text takes in a terminal, and how it breaks into rows of a given width without losing a character. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const printableAscii = /^[\x20-\x7e]*$/;
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const onlyMarks = /^\p{M}+$/u;

function clusterWidth(cluster: string): number {
  if (wide.test(cluster)) return 2;
  return onlyMarks.test(cluster) ? 0 : 1;
}

/** Cells of a text without line feeds and escape sequences. */
export function cellWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of segmenter.segment(text)) cells += clusterWidth(segment);
  return cells;
}

/** The text, filled with spaces to `width` cells; as it is where it is wider. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellWidth(text)));
}

/** Breaks one line into rows of at most `width` cells: at a space where there is one, in the middle of a word where not. */
export function wrapLine(line: string, width: number): readonly string[] {
  return breakLine(line, width, false);
}

/** @param drop Whether a space that no longer fits is left out rather than put on the next row. */
function breakLine(line: string, width: number, drop: boolean): readonly string[] {
  if (cellWidth(line) <= width) return [line];
  const rows: string[] = [];
  let row = '';
  let cells = 0;
  /** Where the last space of the row ends, in code units and in cells. */
  let space: { readonly at: number; readonly cells: number } | null = null;
  for (const { segment } of segmenter.segment(line)) {
    const add = clusterWidth(segment);
    if (cells + add > width && row !== '') {
      if (space !== null && segment !== ' ') {
        rows.push(row.slice(0, space.at));
        row = row.slice(space.at);
        cells -= space.cells;
      } else {
        rows.push(row);
        row = '';
        cells = 0;
      }
      space = null;
      if (drop && segment === ' ') continue;
    }
    row += segment;
    cells += add;
    if (segment === ' ') space = { at: row.length, cells };
  }
  if (row !== '') rows.push(row);
  return rows;
}

/** A text, line feeds included, in rows: for words of our own, where the space a row broke at may go. */
export function wrapWords(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap((line) => breakLine(line, width, true).map((row) => row.trimEnd()));
}

/** Tabs become spaces up to the next fourth cell. */
export function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let out = '';
  for (const part of line.split(/(\t)/)) out += part === '\t' ? ' '.repeat(4 - (cellWidth(out) % 4)) : part;
  return out;
}
