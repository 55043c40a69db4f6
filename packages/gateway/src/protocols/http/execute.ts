/**
 * Runs a call: one request to the origin, one answer, masked. A redirect is an answer. A write that was sent and whose
 * answer was lost, or that a gateway in between answered for a server that did not, is `unknown`.
 */
import { CountersignError, type HttpResult, type Json } from '@countersign/core';
import type { Incoming, Outgoing } from '../../connections/http-connection.ts';
import type { Credential } from '../../connections/http-credential.ts';
import { within } from '../../runtime/within.ts';
import type { Analysis, ExecuteContext, Execution } from '../protocol.ts';
import { mayChange } from './effects.ts';
import type { HttpRequest } from './input.ts';
import { maskAnswer } from './mask.ts';
import type { Reach } from './reach.ts';
import { acceptedCodings, readBody } from './response-body.ts';

/** What a gateway between here and the server says when it has no answer from there. */
const noAnswer: ReadonlySet<number> = new Set([502, 504]);

/** Never throws: whatever happens is an {@link Execution}. */
export async function execute(
  reach: Reach,
  request: HttpRequest,
  analysis: Analysis,
  context: ExecuteContext,
): Promise<Execution> {
  const progress = { sent: false };
  const run = mayChange(analysis) ? write : read;
  try {
    const result = await within(reach.runtime, context.limits.timeoutMs, (late) =>
      run(reach, request, context, AbortSignal.any([late, context.signal, reach.closing]), progress),
    );
    return { outcome: 'succeeded', result };
  } catch (thrown) {
    if (progress.sent) return { outcome: 'unknown', code: 'outcome_unknown', message: null };
    const { code, details } = asError(thrown);
    const message = code === 'target_error' ? (details.what ?? null) : null;
    return { outcome: 'failed', code, ran: 'no', message };
  }
}

type Run = (
  reach: Reach,
  request: HttpRequest,
  context: ExecuteContext,
  signal: AbortSignal,
  progress: { sent: boolean },
) => Promise<HttpResult>;

/** A read may be sent again with a new credential, where the server took the old one for over. */
const read: Run = async (reach, request, context, signal) => {
  const { connection, runtime } = reach;
  runtime.reached('read.before');
  const send = async () => {
    const credential = await connection.credential(signal);
    return { credential, incoming: await connection.read(outgoing(reach, request, credential), signal) };
  };
  let sent = await send();
  if (sent.incoming.status === 401 && reach.settings.auth.kind === 'oauth2') {
    sent.incoming.body.destroy();
    connection.forgetCredential();
    sent = await send();
  }
  const { credential, incoming } = sent;
  if (noAnswer.has(incoming.status)) {
    incoming.body.destroy();
    throw new CountersignError('target_error', { what: `status ${incoming.status}` });
  }
  const result = await resultOf(reach, request, incoming, credential, context);
  runtime.reached('read.after');
  return result;
};

const write: Run = async (reach, request, context, signal, progress) => {
  const { connection, runtime } = reach;
  const credential = await connection.credential(signal);
  runtime.reached('started.before');
  await context.started(evidence);
  runtime.reached('started.after');
  signal.throwIfAborted();
  runtime.reached('commit.before');
  const incoming = await connection.write(outgoing(reach, request, credential), signal, () => {
    progress.sent = true;
  });
  runtime.reached('commit.after');
  if (noAnswer.has(incoming.status)) {
    incoming.body.destroy();
    throw new CountersignError('outcome_unknown', { what: `status ${incoming.status}` });
  }
  if (incoming.status === 401) connection.forgetCredential();
  return await resultOf(reach, request, incoming, credential, context);
};

/** There is nobody who could be asked later what became of a request. */
const evidence: Json = { version: 1 };

/** The request as it is sent. */
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

const gatewayHeaders = [
  ['user-agent', 'countersign'],
  ['accept-encoding', acceptedCodings],
] as const;

async function resultOf(
  { settings }: Reach,
  { method }: HttpRequest,
  { status, headers, body }: Incoming,
  { secrets }: Credential,
  { limits, masker }: ExecuteContext,
): Promise<HttpResult> {
  const codings = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value);
  const coding = method === 'HEAD' || codings.length === 0 ? null : codings.join(',');
  const read = await readBody(body, coding, limits.bytes);
  return maskAnswer({ status, headers, read, secrets, masker, binary: settings.binary });
}

/** What ends it from outside has a code of its own; a clock that ran out is `timed_out`. */
function asError(thrown: unknown): CountersignError {
  if (thrown instanceof CountersignError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError')
    return new CountersignError('timed_out');
  if (thrown instanceof DOMException && thrown.name === 'AbortError')
    return new CountersignError('cancelled');
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  // The socket's or the HTTP client's own.
  if (typeof code === 'string' && /^(?:UND_ERR|HPE_|E[A-Z]+$)/.test(code))
    return new CountersignError('target_unavailable', { what: code });
  return new CountersignError('internal', {}, { cause: thrown });
}
