/** The analyser: a SQL text and a catalog → effects and lineage. */
import { LRUCache } from 'lru-cache';
import { analyseText, denial, type SqlAnalysis } from './analyse-text.ts';
import { tooLong } from './analysis/walk-clock.ts';
import type { Catalog } from './catalog/catalog.ts';
import { searchPathText } from './catalog/relied-on.ts';
import { LargeTexts } from './large/large-texts.ts';
import { checkText, isSmall, Parser } from './parser/parser.ts';
import { findPlacedValues, type PlacedValue } from './placed-values.ts';

/** Milliseconds after which a small text is left to the worker, too: others wait. */
const walkHereMs = 100;

/** How long an analyser may take, and how much it keeps. */
export interface AnalyserOptions {
  /** Milliseconds a text beyond 8 KB may take; default 2000. */
  readonly parseDeadlineMs?: number;
  /** Analyses kept, for each catalog; default 1000. */
  readonly cacheSize?: number;
}

/** What comes with a text. */
export interface AnalyseOptions {
  /** How many parameter values come with the text. */
  readonly parameters: number;
  /** The search path the statement will run with; the catalog's by default. */
  readonly searchPath?: readonly string[];
}

/** Tells what SQL texts would do. */
export interface Analyser {
  /**
   * Never throws for what a text holds: what can't be told is `ok: false` with the code of the denial. Small texts are
   * analysed here and now, others by a worker within a deadline.
   */
  analyse(sql: string, catalog: Catalog, options: AnalyseOptions): Promise<SqlAnalysis>;
  /** Where the values that a text itself brings are written as they stand; none of a large text. */
  placedValues(sql: string, catalog: Catalog): Promise<readonly PlacedValue[]>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** An analyser keeps its parsers, a worker for large texts, and what it found for each catalog. */
export function createAnalyser(options: AnalyserOptions = {}): Analyser {
  const { parseDeadlineMs = 2000, cacheSize = 1000 } = options;
  const parser = new Parser({ deadlineMs: parseDeadlineMs });
  const large = new LargeTexts(parseDeadlineMs);
  const caches = new WeakMap<Catalog, LRUCache<string, SqlAnalysis>>();
  return {
    async analyse(sql, catalog, { parameters, searchPath = catalog.searchPath }) {
      try {
        checkText(sql);
      } catch (thrown) {
        return denial(thrown);
      }
      if (!isSmall(sql)) return await large.analyse({ sql, parameters, searchPath }, catalog);
      let cache = caches.get(catalog);
      if (cache === undefined) caches.set(catalog, (cache = new LRUCache({ max: cacheSize })));
      const key = `${parameters > 0 ? 'p' : ''}${searchPathText(searchPath)}${sql}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const first = await analyseText(parser, sql, catalog, parameters, searchPath, walkHereMs);
      const found =
        !first.ok && first.what === tooLong
          ? await large.analyse({ sql, parameters, searchPath }, catalog)
          : first;
      // A text that was too slow once may be quick another time.
      if (found.ok || found.code !== 'too_large') cache.set(key, found);
      return found;
    },
    async placedValues(sql, catalog) {
      checkText(sql);
      return isSmall(sql) ? await findPlacedValues(parser, sql, catalog) : [];
    },
    async close() {
      await parser.close();
      await large.close();
    },
  };
}
