/**
 * Runs a call: one request to the origin, one answer, masked. A redirect is an answer. A write that was sent and whose
 * answer was lost, or that a gateway in between answered for a server that did not, is `unknown`.
 */
import { CountersignError, type HttpResult, type Json } from '@countersign/core';
import type { Incoming } from '../../connections/http-connection.ts';
import type { Credential } from '../../connections/http-credential.ts';
import { within } from '../../runtime/within.ts';
import type { Analysis, EffectCheck, ExecuteContext, Execution } from '../protocol.ts';
import { bindTo, effectOf, looksFirst, readCurrent } from './current.ts';
import { mayChange } from './effects.ts';
import { aliasesOf, graphQlOperations } from './graphql-request.ts';
import type { HttpRequest } from './input.ts';
import { maskAnswer } from './mask.ts';
import { outgoing } from './outgoing.ts';
import { parseTarget } from './path.ts';
import type { Reach } from './reach.ts';
import { readBody } from './response-body.ts';

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
      run(
        reach,
        request,
        analysis,
        context,
        AbortSignal.any([late, context.signal, reach.closing]),
        progress,
      ),
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
  analysis: Analysis,
  context: ExecuteContext,
  signal: AbortSignal,
  progress: { sent: boolean },
) => Promise<HttpResult>;

/** A read may be sent again with a new credential, where the server took the old one for over. */
const read: Run = async (reach, request, _, context, signal) => {
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
  if ((await context.effect?.holds({ rows: null, effect: null })) === false)
    throw new CountersignError('effect_drift');
  runtime.reached('read.after');
  return result;
};

const write: Run = async (reach, request, analysis, context, signal, progress) => {
  const { connection, runtime } = reach;
  const sent = await bound(reach, request, analysis, context.effect, signal);
  const credential = await connection.credential(signal);
  runtime.reached('started.before');
  await context.started(evidence);
  runtime.reached('started.after');
  signal.throwIfAborted();
  runtime.reached('commit.before');
  const incoming = await connection.write(outgoing(reach, sent, credential), signal, () => {
    progress.sent = true;
  });
  runtime.reached('commit.after');
  if (noAnswer.has(incoming.status)) {
    incoming.body.destroy();
    throw new CountersignError('outcome_unknown', { what: `status ${incoming.status}` });
  }
  if (incoming.status === 412 && sent !== request) {
    // The precondition was ours: it became another after it was looked at, and the server did nothing.
    incoming.body.destroy();
    progress.sent = false;
    throw new CountersignError('effect_drift');
  }
  if (incoming.status === 401) connection.forgetCredential();
  return await resultOf(reach, request, incoming, credential, context);
};

/** There is nobody who could be asked later what became of a request. */
const evidence: Json = { version: 1 };

/**
 * Looks once more at what is there, where that was shown or a rule wants to know.
 *
 * @returns the request with the version of what was seen as its precondition, where the server has one.
 * @throws {CountersignError} `effect_drift` where it is no longer what was agreed to.
 */
async function bound(
  reach: Reach,
  request: HttpRequest,
  analysis: Analysis,
  effect: EffectCheck | undefined,
  signal: AbortSignal,
): Promise<HttpRequest> {
  if (effect === undefined) return request;
  const seen = looksFirst(reach, request, analysis) ? await readCurrent(reach, request, signal) : '';
  const current = typeof seen === 'string' ? null : seen;
  const measured = current === null ? null : effectOf(request, current, effect);
  if (!(await effect.holds({ rows: null, effect: measured }))) throw new CountersignError('effect_drift');
  return current === null ? request : bindTo(request, current);
}

async function resultOf(
  { settings, graphql }: Reach,
  request: HttpRequest,
  { status, headers, body }: Incoming,
  { secrets }: Credential,
  { limits, masker }: ExecuteContext,
): Promise<HttpResult> {
  const codings = headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value);
  const coding = request.method === 'HEAD' || codings.length === 0 ? null : codings.join(',');
  const read = await readBody(body, coding, limits.bytes);
  const aliases =
    masker.paths === undefined
      ? undefined
      : aliasesOf(graphQlOperations(graphql, request, parseTarget(request.path)));
  return maskAnswer({ status, headers, read, secrets, masker, aliases, binary: settings.binary });
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
