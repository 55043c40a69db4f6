/**
 * What a SQL text would do to a PostgreSQL database: its effects and its lineage, by the server's own grammar and
 * against a snapshot of its catalog. No network.
 *
 * @module
 */
export type { SqlAnalysis } from './analyse-text.ts';
export { type AnalyseOptions, type Analyser, type AnalyserOptions, createAnalyser } from './analyser.ts';
export type { AnalysedStatement } from './analysis/statement.ts';
export { type LockMode, lockModes, type TableLock } from './analysis/table-lock.ts';
export type { Catalog, Relation } from './catalog/catalog.ts';
export { catalogQuery } from './catalog/query.ts';
export { readCatalog } from './catalog/read.ts';
export { type ReliedOn, type ReliedOnRow, reliedOnQuery } from './catalog/relied-on.ts';
export { describeEffects } from './describe.ts';
export { isSupportedMajor, type Major, supportedMajors } from './major.ts';
export type { PlacedValue } from './placed-values.ts';
