/**
 * What is known of a catalog's own texts (views, defaults, checks, policies): their parse trees and what their analysis
 * found. It lives as long as its catalog does.
 */
import type { RawStatement } from '../ast/nodes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Findings } from './context.ts';
import type { ScopeColumn } from './scope.ts';

export interface ViewFindings {
  readonly columns: readonly ScopeColumn[];
  readonly findings: Findings;
}

export class CatalogMemory {
  readonly #trees = new Map<string, readonly RawStatement[]>();
  readonly views = new Map<string, ViewFindings>();
  readonly expressions = new Map<string, Findings>();

  /** @throws {NotParsedYet} for a text whose tree is not here: parsing may take a worker, and the walk does not wait. */
  tree(text: string): readonly RawStatement[] {
    const tree = this.#trees.get(text);
    if (tree === undefined) throw new NotParsedYet(text);
    return tree;
  }

  keep(text: string, tree: readonly RawStatement[]): void {
    this.#trees.set(text, tree);
  }
}

/** The walk met a text of the catalog that has to be parsed first. The analyser parses it and walks again. */
export class NotParsedYet extends Error {
  readonly text: string;

  constructor(text: string) {
    super('a text of the catalog is not parsed yet');
    this.name = 'NotParsedYet';
    this.text = text;
  }
}

const memories = new WeakMap<Catalog, CatalogMemory>();

export function memoryOf(catalog: Catalog): CatalogMemory {
  let memory = memories.get(catalog);
  if (memory === undefined) memories.set(catalog, (memory = new CatalogMemory()));
  return memory;
}
