/** One API request of kubectl, from its first line to the last byte of its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asCountersignError, CountersignError } from '@countersign/core';
import { withWholeRows } from '../api-request.ts';
import { collected, handOn } from './answer.ts';
import { type Call, collectionOf, eventOf } from './call.ts';
import { requestHeaders } from './headers.ts';
import type { Passing } from './judge.ts';
import { statusBody } from './status.ts';

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** Never rejects. */
export async function answerRequest(call: Call, from: IncomingMessage, to: ServerResponse): Promise<void> {
  to.on('error', () => undefined);
  const { method = '', url = '' } = from;
  if (!call.knows(from)) return say(to, 401, 'Unauthorized');
  try {
    if (from.headers['content-encoding'] !== undefined)
      return refused(to, call.refuse({ method, url }, 'its body is packed').why);
    const body = await bodyOf(from, call.caps.requestBytes);
    if (body === null) return refused(to, call.refuse({ method, url }, 'its body is too large').why);
    const contentType = from.headers['content-type'] ?? null;
    const judged = call.judge({ method, url, contentType, body });
    if (judged.kind === 'refused') return refused(to, judged.why);
    if (judged.kind === 'unanswered') return sayNothing(to);
    if (judged.request.verb === 'connect') return sayUnopened(call, judged, to);
    await forward(call, judged, from, body, to);
  } catch {
    // kubectl went away before it had said what it wants.
    to.destroy();
  }
}

async function forward(
  call: Call,
  passing: Passing,
  from: IncomingMessage,
  body: Buffer,
  to: ServerResponse,
): Promise<void> {
  const { request, effects, changes } = passing;
  const { cluster } = call.options;
  const gone = new AbortController();
  // A write goes on to its end, whoever waits for it.
  if (!changes) to.once('close', () => gone.abort());
  const signal = AbortSignal.any([call.signal, gone.signal]);
  const count = call.sending(passing);
  let status: number | null = null;
  try {
    const sent = {
      method: request.method,
      // Which cells hold what a path hides, only the object tells.
      path: (call.masks.paths.length > 0 && reads.has(request.verb) ? withWholeRows(request) : request).path,
      headers: requestHeaders(request, from.headers),
      body: body.length === 0 ? null : body,
    };
    await call.beforeSending(passing);
    const incoming = changes
      ? await cluster.write(sent, signal, count.sent)
      : await cluster.read(sent, signal);
    // Not a word on kubectl's own token, as it would have to be read there.
    if (incoming.statusCode === 401) {
      count.answered(false);
      incoming.destroy();
      throw new CountersignError('target_unavailable', { what: 'it refuses the gateway’s credential' });
    }
    status = incoming.statusCode ?? null;
    if (status === 404 && request.verb === 'get') call.missing.add(collectionOf(request));
    count.answered(status !== null && status >= 200 && status < 300);
    try {
      await handOn(incoming, request, to, call.masks, call.caps);
    } finally {
      incoming.destroy();
    }
  } catch (thrown) {
    fail(to, asCountersignError(thrown, 'target_unavailable'));
  }
  call.told({ ...eventOf(request, request.method, effects), status, refused: null });
}

/** An answer that began can't be taken back, and is cut: kubectl sees that it is not whole. */
function fail(to: ServerResponse, error: CountersignError): void {
  if (to.headersSent) to.destroy();
  else if (error.code === 'result_too_large')
    say(to, 413, 'the answer is larger than is looked through; ask for less');
  else if (error.code === 'target_error')
    say(to, 502, `the cluster gave ${error.details.what ?? 'an answer that is none'}`);
  else say(to, 503, `the cluster can’t be reached (${error.details.what ?? error.code})`);
}

/**
 * kubectl asks for a stream of SPDY where it could not open a WebSocket: it hears once more why not, and nothing is
 * opened.
 */
export function sayUnopened(call: Call, { request }: Passing, to: ServerResponse): void {
  const before = call.unopened.get(request.path);
  if (before === undefined)
    say(to, 400, 'commands run over a WebSocket here; this kubectl is too old for that');
  else {
    to.writeHead(before.status, { 'content-type': 'application/json' });
    to.end(before.body);
  }
}

const refused = (to: ServerResponse, why: string): void => say(to, 403, refusal(why));

/** What kubectl prints, and the agent reads, of a request that may not go through. */
export const refusal = (why: string): string => `the gateway does not let this request through: ${why}`;

const say = (to: ServerResponse, code: number, message: string): void =>
  put(to, code, statusBody(code, message));

const sayNothing = (to: ServerResponse): void =>
  put(to, 200, Buffer.from(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: {}, items: [] })));

function put(to: ServerResponse, code: number, body: Buffer): void {
  to.writeHead(code, { 'content-type': 'application/json', 'content-length': body.length });
  to.end(body);
}

async function bodyOf(from: IncomingMessage, most: number): Promise<Buffer | null> {
  try {
    return await collected(from, most);
  } catch (thrown) {
    if (asCountersignError(thrown).code === 'result_too_large') return null;
    throw thrown;
  }
}
