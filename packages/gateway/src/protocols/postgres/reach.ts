/** How a connection's trials are made. */
export interface Trials {
  /** Milliseconds a trial may hold its locks. */
  readonly timeoutMs: number;
  /** Functions of which a rollback leaves nothing, as resources: somebody has read them. */
  readonly undone: ReadonlySet<string>;
}

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
  /** How trials are made; null where the connection allows none. */
  readonly trials: Trials | null;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
