/** How the demo speaks: short lines, aligned, one thought at a time. */
import { type Result, resultSchema } from '@countersign/core';
import { jsonOrNull } from '../json-or-null.ts';
import { resultInWords } from '../judgement-in-words.ts';
import { labelled } from '../terminal/box.ts';
import { printable, printableLine } from '../terminal/printable.ts';
import type { Channel, Paint, Style } from '../terminal/terminal.ts';
import { cellWidth, expandTabs, padEnd, wrapWords } from '../terminal/width.ts';

/** Cells before what someone says. */
const indent = 12;

export class Stage {
  readonly #out: Channel;

  constructor(out: Channel) {
    this.#out = out;
  }

  get paint(): Paint {
    return this.#out.paint;
  }

  get width(): number {
    return this.#out.width;
  }

  async line(text = ''): Promise<void> {
    await this.#out.line(text === '' ? '' : `  ${text}`);
  }

  async lines(texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.line(text);
  }

  async heading(text: string): Promise<void> {
    await this.line();
    await this.line(this.paint('bold', text));
    await this.line();
  }

  /** A thought, in rows that fit. */
  async thought(text: string): Promise<void> {
    for (const row of wrapWords(text, this.width - 4)) await this.line(this.paint('dim', row));
  }

  /** Who says what: the name before the first row, the rest aligned with it. */
  async says(who: string, text: string, style?: Style): Promise<void> {
    const rows = wrapWords(expandTabs(printable(text)), this.width - indent - 2);
    for (const [index, row] of rows.entries()) {
      const name = this.paint('cyan', padEnd(index === 0 ? who : '', indent));
      await this.line(`${name}${style === undefined ? row : this.paint(style, row)}`);
    }
  }

  /** What the agent was given for a call: rows as a table, words as they are. */
  async given(text: string): Promise<void> {
    const parsed = resultSchema.safeParse(jsonOrNull(text));
    if (!parsed.success) return await this.says('gateway', text);
    const [first = '', ...rest] = this.#result(parsed.data);
    await this.line(`${this.paint('cyan', padEnd('gateway', indent))}${first}`);
    for (const row of rest) await this.line(`${' '.repeat(indent)}${row}`);
  }

  /** A table; a single row that is too wide for one is told column by column. */
  #result(result: Result): readonly string[] {
    const room = this.width - indent - 2;
    const fits = resultInWords(result, { paint: (_, text) => text }).every((line) => cellWidth(line) <= room);
    if (fits || !('rows' in result) || result.rows.length !== 1) return resultInWords(result, this.#out);
    const names = result.columns.map(printableLine);
    const layout = { width: room, indent: Math.max(...names.map(cellWidth)) + 2, paint: this.paint };
    return names.flatMap((name, index) =>
      labelled(name, [printableLine(result.rows[0]?.[index] ?? '∅')], layout).map((row) => row.text),
    );
  }

  /** Does something that takes a moment, and says how long it took. */
  async during<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    if (this.#out.isTerminal) await this.#out.write(`  ${this.paint('dim', `· ${what} …`)}`);
    try {
      const result = await work();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (this.#out.isTerminal) await this.#out.write('\r\u001b[2K');
      await this.line(`${this.paint('green', '✓')} ${padEnd(what, 58)}${this.paint('dim', `${seconds} s`)}`);
      return result;
    } catch (thrown) {
      if (this.#out.isTerminal) await this.#out.write('\r\u001b[2K');
      await this.line(`${this.paint('red', '✗')} ${what}`);
      throw thrown;
    }
  }
}
