/** What the files of this protocol share of one connection. */
import type { Analyser, Catalog } from '@countersign/postgres';
import type { CatalogCache } from '../../connections/catalog-cache.ts';
import type { PostgresConnection } from '../../connections/postgres-connection.ts';
import type { Runtime } from '../../runtime/runtime.ts';

export interface Reach {
  readonly connection: PostgresConnection;
  readonly runtime: Runtime;
  /** Whether a wall login of its own is configured. */
  readonly hasWall: boolean;
  readonly analyser: Analyser;
  readonly catalogs: CatalogCache<Catalog>;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
