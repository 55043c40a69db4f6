/** Rows on their way to a client, as lines of JSON: no more of them are taken than the client reads. */
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { CountersignError, type ExecuteView } from '@countersign/core';
import type { RowSink } from '../protocols/protocol.ts';

export class RowLines implements RowSink {
  readonly #lines = new PassThrough();
  readonly #gone = new AbortController();
  readonly #begun = Promise.withResolvers<void>();

  constructor() {
    this.#lines.once('close', () =>
      this.#gone.abort(new CountersignError('cancelled', { what: 'nobody reads on' })),
    );
    this.#lines.on('error', () => {});
  }

  get stream(): Readable {
    return this.#lines;
  }

  /** Resolves with the first line. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  async columns(names: readonly string[]): Promise<void> {
    await this.#write(`${JSON.stringify({ columns: names })}\n`);
  }

  async rows(batch: readonly (readonly (string | null)[])[]): Promise<void> {
    await this.#write(batch.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  /** The last line. */
  end(view: ExecuteView): void {
    this.#lines.end(`${JSON.stringify(view)}\n`);
  }

  /** What came before stands; that the last line is missing says that it is not all. */
  fail(fault: unknown): void {
    this.#lines.destroy(fault instanceof Error ? fault : new Error(String(fault)));
  }

  async #write(text: string): Promise<void> {
    this.#gone.signal.throwIfAborted();
    const goesOn = this.#lines.write(text);
    this.#begun.resolve();
    if (!goesOn)
      await once(this.#lines, 'drain', { signal: this.#gone.signal }).catch(() =>
        this.#gone.signal.throwIfAborted(),
      );
  }
}
