/** The worker that analyses larger texts, beside the event loop and on a stack of its own. */
import { parentPort } from 'node:worker_threads';
import { analyseText, type SqlAnalysis } from '../analyse-text.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { Parser } from '../parser/parser.ts';
import type { Begun } from '../parser/worker.ts';
import { catalogsKept } from './large-texts.ts';

export interface LargeText {
  readonly sql: string;
  readonly parameters: number;
  readonly searchPath: readonly string[];
}

export interface AnalysisRequest extends LargeText {
  readonly catalogId: number;
  /** Where the worker does not hold it yet. */
  readonly catalog?: Catalog;
}

export interface AnalysisReply {
  readonly found: SqlAnalysis;
}

/** Milliseconds for what comes after parsing. */
const walkWithinMs = 1000;

const parser = new Parser({ inPlace: true });
const catalogs = new Map<number, Catalog>();

async function reply(request: AnalysisRequest): Promise<AnalysisReply> {
  const { sql, parameters, searchPath, catalogId } = request;
  const catalog = request.catalog ?? catalogs.get(catalogId);
  if (catalog === undefined) throw new Error('a catalog that nobody gave');
  catalogs.delete(catalogId);
  catalogs.set(catalogId, catalog);
  for (const id of [...catalogs.keys()].slice(0, -catalogsKept)) catalogs.delete(id);
  await parser.parse('select 1', catalog.major);
  post('begun');
  return { found: await analyseText(parser, sql, catalog, parameters, searchPath, walkWithinMs) };
}

function post(message: Begun | AnalysisReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
  parentPort?.postMessage(message);
}

parentPort?.on('message', (request: AnalysisRequest) => {
  // What is thrown ends the worker, and the parent gives up on the text.
  void reply(request).then(post);
});
