/** One text and a catalog → effects and lineage, here and now: no cache, no other thread. */
import {
  asCountersignError,
  CountersignError,
  type Effect,
  type ErrorCode,
  type Lineage,
  noLineage,
} from '@countersign/core';
import { EffectSet } from './analysis/effect-set.ts';
import { memoryOf, NotParsedYet } from './analysis/memory.ts';
import { type AnalysedStatement, analyseStatement, type StatementAnalysis } from './analysis/statement.ts';
import { WalkClock } from './analysis/walk-clock.ts';
import type { RawStatement } from './ast/nodes.ts';
import type { Catalog } from './catalog/catalog.ts';
import { type ReliedOn, ReliedOnRows, searchPathText } from './catalog/relied-on.ts';
import { fingerprintOf } from './parser/fingerprint.ts';
import type { Parser } from './parser/parser.ts';
import { splitStatements } from './parser/split.ts';

/** What a text would do, or why that can't be told. */
export type SqlAnalysis =
  | {
      readonly ok: true;
      readonly statements: readonly AnalysedStatement[];
      /** Of all statements together. */
      readonly effects: readonly Effect[];
      /** The outputs of the last statement, and the uses of all: what an earlier one leaves behind may depend on them. */
      readonly lineage: Lineage;
      /** The same for texts that differ in constants, layout or comments only. */
      readonly fingerprint: string;
      readonly reliedOn: ReliedOn;
    }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      /** What was wrong, in words of the statement: its kind, names the caller wrote. No data. */
      readonly what: string;
    };

/**
 * What a text would do. Never throws for what it holds.
 *
 * @param walkWithinMs Milliseconds for what comes after parsing.
 */
export async function analyseText(
  parser: Parser,
  sql: string,
  catalog: Catalog,
  parameters: number,
  searchPath: readonly string[],
  walkWithinMs: number,
): Promise<SqlAnalysis> {
  try {
    if (searchPath.find((schema) => !schema.startsWith('pg_temp')) !== 'pg_catalog')
      throw new CountersignError('not_supported', { what: 'a search path on which pg_catalog is not first' });
    const raws = await parser.parse(sql, catalog.major);
    if (raws.length === 0) throw new CountersignError('malformed', { what: 'a text without a statement' });
    if (raws.length > 1 && parameters > 0)
      throw new CountersignError('malformed', { what: 'several statements with parameters' });
    const texts = splitStatements(sql, raws);
    const analyses = await walk(parser, catalog, () => {
      const clock = new WalkClock(walkWithinMs);
      return raws.map((raw, i) => analyseStatement(catalog, searchPath, raw, texts[i] ?? '', clock));
    });
    return together(catalog, searchPath, raws, analyses);
  } catch (thrown) {
    return denial(thrown);
  }
}

/** Walks; where the walk meets a text of the catalog that is not parsed yet, parses it and walks again. */
async function walk<Result>(parser: Parser, catalog: Catalog, step: () => Result): Promise<Result> {
  const memory = memoryOf(catalog);
  for (;;) {
    let missing: string;
    try {
      return step();
    } catch (thrown) {
      if (!(thrown instanceof NotParsedYet)) throw thrown;
      missing = thrown.text;
    }
    memory.keep(missing, await parser.parse(missing, catalog.major));
  }
}

function together(
  catalog: Catalog,
  searchPath: readonly string[],
  raws: readonly RawStatement[],
  analyses: readonly StatementAnalysis[],
): SqlAnalysis {
  const statements = analyses.map((analysis) => analysis.statement);
  const alone = statements.find((statement) => statement.standsAlone || !statement.inTransaction);
  if (statements.length > 1 && alone !== undefined)
    throw new CountersignError('must_stand_alone', { what: alone.kind });
  const effects = new EffectSet();
  const reliedOn = new ReliedOnRows(catalog);
  for (const analysis of analyses) {
    effects.addAll(analysis.statement.effects);
    reliedOn.addAll(analysis.reliedOn);
  }
  return {
    ok: true,
    statements,
    effects: effects.list(),
    lineage: lineageOf(analyses.map((analysis) => analysis.lineage)),
    fingerprint: fingerprintOf(raws),
    reliedOn: { searchPath: searchPathText(searchPath), rows: reliedOn.rows() },
  };
}

function lineageOf(lineages: readonly Lineage[]): Lineage {
  const [only] = lineages;
  if (only === undefined) return noLineage;
  if (lineages.length === 1) return only;
  const uses = new Map(
    lineages.flatMap((lineage) => lineage.uses.map((use) => [`${use.as} ${use.column}`, use])),
  );
  const moves = lineages.flatMap((lineage) => lineage.moves ?? []);
  return {
    outputs: lineages.at(-1)?.outputs ?? [],
    uses: [...uses.values()],
    usesProven: lineages.every((lineage) => lineage.usesProven),
    moves,
  };
}

/** Every way a walk can end without an answer is a denial. */
export function denial(thrown: unknown): SqlAnalysis {
  if (thrown instanceof RangeError)
    return { ok: false, code: 'too_large', what: 'a statement nested too deep' };
  const error = asCountersignError(thrown, 'unknown_effect');
  return { ok: false, code: error.code, what: error.details.what ?? 'the statement' };
}
