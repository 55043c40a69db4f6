/** What the files of this protocol share of one connection. */
import type { HttpConnection } from '../../connections/http-connection.ts';
import type { HttpSettings } from '../../connections/http-settings.ts';
import type { Runtime } from '../../runtime/runtime.ts';

export interface Reach {
  readonly settings: HttpSettings;
  readonly connection: HttpConnection;
  readonly runtime: Runtime;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
