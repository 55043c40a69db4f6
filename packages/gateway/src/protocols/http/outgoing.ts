/** A request as it is sent. */

import type { Outgoing } from '../../connections/http-connection.ts';
import type { Credential } from '../../connections/http-credential.ts';
import type { HttpRequest } from './input.ts';
import type { Reach } from './reach.ts';
import { acceptedCodings } from './response-body.ts';

const gatewayHeaders = [
  ['user-agent', 'countersign'],
  ['accept-encoding', acceptedCodings],
] as const;

/** With the gateway's own headers before the agent's, and the credential after them: no name stands twice. */
export function outgoing(
  { settings }: Pick<Reach, 'settings'>,
  { method, path, headers, body }: HttpRequest,
  credential: Pick<Credential, 'headers'>,
): Outgoing {
  return {
    method,
    path: settings.basePath + path,
    headers: [...gatewayHeaders, ...headers, ...credential.headers],
    body,
  };
}
