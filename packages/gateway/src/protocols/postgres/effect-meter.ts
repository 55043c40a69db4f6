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

/** Why nothing is known: the server does not count; deferred triggers keep deferring more. */
export type Unmeasured = 'uncounted' | 'restless';

/** How often deferred triggers are made to fire, where they are users' code. */
const rounds = 5;

export class EffectMeter {
  readonly #before: RowCounts | null;
  readonly #digest: RowDigest;
  readonly #measuring: Measuring;
  readonly #runsCode: boolean;
  readonly #unbound = new Set<string>();
  readonly #tables = new Set<string>();
  #statements = 0;

  private constructor(before: RowCounts | null, measuring: Measuring, runsCode: boolean) {
    this.#before = before;
    this.#measuring = measuring;
    this.#runsCode = runsCode;
    this.#digest = new RowDigest(measuring.digestKey);
  }

  /**
   * Before the first statement. Rejects as a step does.
   *
   * @param runsCode Whether users' functions may run: they can defer what they bring about.
   */
  static async start(
    transaction: Transaction<BackendFacts>,
    measuring: Measuring,
    runsCode: boolean,
  ): Promise<EffectMeter> {
    return new EffectMeter(await countRows(transaction), measuring, runsCode);
  }

  /** What takes the rows that a statement returns for the table it writes. */
  reader({ written, unbound }: MeasuredText): (row: Row) => void {
    const statement = this.#statements++;
    if (unbound !== null) this.#unbound.add(unbound);
    if (written === null) return () => {};
    this.#tables.add(written.name);
    return (row) => this.#digest.add(statement, written, row);
  }

  /** After the last statement. Rejects as a step does. */
  async finish(transaction: Transaction<BackendFacts>): Promise<Measurement | Unmeasured> {
    if (this.#before === null) return 'uncounted';
    const after = await this.#countSettled(transaction);
    if (typeof after === 'string') return after;
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

  /** A deferred trigger may defer others while it fires: none is left where firing them once more changes nothing. */
  async #countSettled(transaction: Transaction<BackendFacts>): Promise<RowCounts | Unmeasured> {
    let before: string | null = null;
    for (let round = 0; round < rounds; round++) {
      await transaction.step((client) => client.query('SET CONSTRAINTS ALL IMMEDIATE'));
      const counts = await countRows(transaction);
      if (counts === null) return 'uncounted';
      const now = JSON.stringify([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      if (!this.#runsCode || now === before) return counts;
      before = now;
    }
    return 'restless';
  }
}
