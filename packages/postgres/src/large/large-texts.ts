/** Texts that may take their time are analysed beside the event loop, one after the other, each within a deadline. */
import type { SqlAnalysis } from '../analyse-text.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { TextWorker } from '../parser/worker.ts';
import type { AnalysisReply, AnalysisRequest, LargeText } from './analysis-worker.ts';

/** Catalogs a worker keeps; it is given the others anew. */
export const catalogsKept = 4;

const tooHard: SqlAnalysis = {
  ok: false,
  code: 'too_large',
  what: 'a statement too deep or too slow to analyse',
};

export class LargeTexts {
  readonly #worker: TextWorker<AnalysisRequest, AnalysisReply>;
  readonly #ids = new WeakMap<Catalog, number>();
  #lastId = 0;
  /** Of the catalogs the worker has, the latest last. */
  #held: readonly number[] = [];

  /** @param deadlineMs Milliseconds for one text; starting the worker does not count. */
  constructor(deadlineMs: number) {
    this.#worker = new TextWorker(new URL('./analysis-worker', import.meta.url), deadlineMs);
  }

  /** Never throws; `too_large` where the deadline passes or the worker breaks. */
  async analyse(text: LargeText, catalog: Catalog): Promise<SqlAnalysis> {
    const id = this.#ids.get(catalog) ?? ++this.#lastId;
    this.#ids.set(catalog, id);
    const reply = await this.#worker.ask((isNew) => {
      if (isNew) this.#held = [];
      const isHeld = this.#held.includes(id);
      this.#held = [...this.#held.filter((one) => one !== id), id].slice(-catalogsKept);
      return { ...text, catalogId: id, ...(isHeld ? {} : { catalog }) };
    });
    return reply?.found ?? tooHard;
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }
}
