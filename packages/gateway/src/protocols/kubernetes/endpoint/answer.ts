/** Hands an answer of the API server on, masked: objects as a whole, watches event by event, logs line by line. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CountersignError } from '@countersign/core';
import type { ApiRequest } from '../api-request.ts';
import { type Known, maskObject, type ObjectMasks } from '../mask.ts';
import { TextLines } from '../text-lines.ts';
import { answerHeaders, isJson } from './headers.ts';
import { quotes, withoutValues } from './without-values.ts';

export interface Masks {
  /** What is left of a text, the cluster's credential in any spelling left out. */
  readonly clean: (text: string) => string;
  /** What the detectors leave of a text; null where there are none. */
  readonly detect: ((text: string) => string) | null;
  readonly paths: ObjectMasks['paths'];
  /** What must never go on: the credential of the cluster. */
  readonly credential: string | null;
  readonly known: Known;
}

export interface Caps {
  readonly responseBytes: number;
  readonly streamBytes: number;
}

/** @throws What the sockets throw; {CountersignError} `result_too_large`, `target_error` for what can't be looked through. */
export async function handOn(
  incoming: IncomingMessage,
  request: ApiRequest,
  to: ServerResponse,
  masks: Masks,
  caps: Caps,
): Promise<void> {
  const status = incoming.statusCode ?? 502;
  if (status >= 300 && status < 400) throw new CountersignError('target_error', { what: 'a redirect' });
  const body = unpacked(incoming);
  const good = status >= 200 && status < 300;
  const headers = answerHeaders(incoming, masks.clean);
  if (good && request.verb === 'watch' && isJson(incoming)) {
    to.writeHead(status, headers);
    await inPieces(body, eventLines(request, masks, caps), to, caps);
  } else if (good && request.subresource === 'log' && !isJson(incoming)) {
    to.writeHead(status, headers);
    await inPieces(body, new TextLines(masks.clean), to, caps);
  } else {
    const whole = await collected(body, caps.responseBytes);
    const masked = maskWhole(whole, incoming, request, masks);
    to.writeHead(status, { ...headers, 'content-length': masked.length });
    to.end(masked);
  }
}

/** The whole of an answer that is no stream, masked. */
export function maskWhole(
  whole: Buffer,
  incoming: IncomingMessage,
  request: ApiRequest,
  masks: Masks,
): Buffer {
  if (request.verb === 'discover' || whole.length === 0) return whole;
  if (isJson(incoming) && isUntouched(whole, masksFor(request, masks, false), masks)) return whole;
  const said = whole.toString();
  const status = incoming.statusCode ?? 502;
  const text = quotes(request, status) && hides(request, masks) ? withoutValues(said, status) : said;
  const masked = isJson(incoming)
    ? maskAnswer(text, masksFor(request, masks, false), masks)
    : masks.clean(text);
  return masked === said ? whole : Buffer.from(masked);
}

function maskAnswer(text: string, how: ObjectMasks, masks: Masks): string {
  if (isUntouched(text, how, masks)) return text;
  const { credential, known } = masks;
  try {
    // Each text of an object in all spellings of the credential would cost more than all else.
    return credential !== null && text.includes(credential)
      ? maskObject(text, { ...how, clean: masks.clean })
      : maskObject(text, how, known);
  } catch {
    throw new CountersignError('target_error', { what: 'an answer that can’t be looked through' });
  }
}

/** Whether anything of such objects is hidden. */
const hides = ({ group, resource }: ApiRequest, { detect, paths }: Masks): boolean =>
  detect !== null || paths.length > 0 || (group === '' && resource === 'secrets');

/** Whether nothing of an answer can be hidden, told by looking at it once. */
const isUntouched = (
  answer: string | Buffer,
  { clean, paths, secrets, token }: ObjectMasks,
  { credential }: Masks,
): boolean =>
  !(clean !== null || paths.length > 0 || secrets || token) &&
  !['"Secret"', '\\"Secret\\"', ...(credential === null ? [] : [credential])].some((one) =>
    answer.includes(one),
  );

export function masksFor(
  { group, resource, subresource }: ApiRequest,
  masks: Masks,
  event: boolean,
): ObjectMasks {
  return {
    clean: masks.detect,
    paths: masks.paths,
    secrets: group === '' && resource === 'secrets',
    token: subresource === 'token',
    event,
  };
}

const newline = 0x0a;

/** Each line is an event, and goes on when it is complete. */
function eventLines(request: ApiRequest, masks: Masks, { responseBytes }: Caps): Pieces {
  const how = masksFor(request, masks, true);
  let held: readonly Buffer[] = [];
  let size = 0;
  return {
    push: (piece) => {
      const end = piece.lastIndexOf(newline) + 1;
      size += piece.length;
      if (size > responseBytes) throw new CountersignError('result_too_large');
      if (end === 0) {
        held = [...held, piece];
        return Buffer.alloc(0);
      }
      const lines = Buffer.concat([...held, piece.subarray(0, end)]).toString();
      held = [piece.subarray(end)];
      size = piece.length - end;
      const masked = lines
        .split('\n')
        .map((line) => (line.trim() === '' ? line : maskAnswer(line, how, masks)))
        .join('\n');
      return Buffer.from(masked);
    },
    // An event that was cut is none.
    end: () => Buffer.alloc(0),
  };
}

interface Pieces {
  push(piece: Buffer): Buffer;
  end(): Buffer;
}

async function inPieces(
  body: Readable,
  pieces: Pieces,
  to: ServerResponse,
  { streamBytes }: Caps,
): Promise<void> {
  to.flushHeaders();
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > streamBytes) throw new CountersignError('result_too_large');
    await put(to, pieces.push(piece));
  }
  await put(to, pieces.end());
  to.end();
}

/** Waits until what was handed over has been taken. */
async function put(to: ServerResponse, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || to.destroyed || to.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      to.off('drain', done);
      to.off('close', done);
      resolve();
    };
    to.once('drain', done);
    to.once('close', done);
  });
}

function unpacked(incoming: IncomingMessage): Readable {
  const coding = incoming.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (coding === 'identity') return incoming;
  if (coding !== 'gzip')
    throw new CountersignError('target_error', { what: 'an answer that can’t be unpacked' });
  // What goes wrong is seen where it is read.
  return pipeline(incoming, createGunzip(), () => undefined);
}

/** All of it, unpacked. @throws {CountersignError} `result_too_large`. */
export async function collected(body: Readable, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new CountersignError('result_too_large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
