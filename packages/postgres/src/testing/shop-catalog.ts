/** The catalog of `shop.sql`, as a server of PostgreSQL 18 gave it, cut down to the server's relations that tests name. */
import { readFileSync } from 'node:fs';
import type { Catalog } from '../catalog/catalog.ts';
import { readCatalog } from '../catalog/read.ts';

export function shopCatalogJson(): string {
  return readFileSync(new URL('./generated/shop-catalog-18.json', import.meta.url), 'utf8');
}

/** A new catalog each time: what an analyser found of one is not known of the next. */
export function shopCatalog(): Catalog {
  return readCatalog(shopCatalogJson(), 18);
}
