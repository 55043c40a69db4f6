/**
 * Measures what a transaction changes, between its first statement and the moment before it ends. Deferred triggers and
 * constraints are made to fire first: what they change is part of it.
 */
import type { MeasuredEffect } from '@countersign/core';
import type { Measuring } from '../protocol.ts';
import type { BackendFacts } from './backend-facts.ts';
import type { MeasuredText } from './measured-text.ts';
import type { Row } from './portal.ts';
import { changedBetween, countRows, type RowCounts } from './row-counts.ts';
import { maxDigestedRows, RowDigest } from './row-digest.ts';
import type { Transaction } from './transaction.ts';

export interface Measurement {
  readonly effect: MeasuredEffect;
  readonly digest: RowDigest;
}

export class EffectMeter {
  readonly #before: RowCounts | null;
  readonly #digest: RowDigest;
  readonly #measuring: Measuring;
  readonly #unbound = new Set<string>();
  readonly #tables = new Set<string>();

  private constructor(before: RowCounts | null, measuring: Measuring) {
    this.#before = before;
    this.#measuring = measuring;
    this.#digest = new RowDigest(measuring.digestKey);
  }

  /** Before the first statement. Rejects as a step does. */
  static async start(transaction: Transaction<BackendFacts>, measuring: Measuring): Promise<EffectMeter> {
    return new EffectMeter(await countRows(transaction), measuring);
  }

  /** What takes the rows that a statement returns for the table it writes. */
  reader({ written, own, unbound }: MeasuredText): (row: Row) => void {
    if (unbound !== null) this.#unbound.add(unbound);
    if (written === null) return () => {};
    this.#tables.add(written.name);
    return (row) =>
      this.#digest.add(written.name, written.columns, row.slice(own, own + written.columns.length));
  }

  /** Says that values could not be had. */
  leaveOut(why: string): void {
    this.#unbound.add(why);
  }

  /** After the last statement. Null where the server does not count. Rejects as a step does. */
  async finish(transaction: Transaction<BackendFacts>): Promise<Measurement | null> {
    await transaction.step((client) => client.query('SET CONSTRAINTS ALL IMMEDIATE'));
    const after = await countRows(transaction);
    if (this.#before === null || after === null) return null;
    const tables = changedBetween(this.#before, after);
    const digest = this.#digest;
    if (this.#measuring.bind === 'counts')
      return {
        effect: {
          tables: [...tables],
          digest: null,
          unbound: ['by policy only the numbers of rows are bound'],
        },
        digest,
      };
    const changed = tables.reduce(
      (sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted,
      0,
    );
    if (digest.rows > maxDigestedRows) this.#unbound.add(`values of more than ${maxDigestedRows} rows`);
    else if (changed !== digest.rows) {
      const others = tables.filter(({ table }) => !this.#tables.has(table)).map(({ table }) => table);
      this.#unbound.add(
        others.length > 0
          ? `${others.join(', ')}: rows that triggers, foreign keys or partitions change`
          : 'rows that are changed more than once',
      );
    }
    const unbound = [...this.#unbound];
    return {
      effect: { tables: [...tables], digest: unbound.length === 0 ? digest.digest() : null, unbound },
      digest,
    };
  }
}
