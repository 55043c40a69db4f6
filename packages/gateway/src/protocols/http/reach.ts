/** What the files of this protocol share of one connection. */
import type { HttpConnection } from '../../connections/http-connection.ts';
import type { HttpSettings } from '../../connections/http-settings.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { GraphQlPath } from './graphql-request.ts';
import type { OpenApi } from './openapi.ts';

export interface Reach {
  readonly settings: HttpSettings;
  readonly connection: HttpConnection;
  /** What the API's operations are; null where nobody says. */
  readonly openapi: OpenApi | null;
  /** Where it speaks GraphQL; null where nobody says. */
  readonly graphql: readonly GraphQlPath[] | null;
  readonly runtime: Runtime;
  /** Aborted when the connection closes. */
  readonly closing: AbortSignal;
}
