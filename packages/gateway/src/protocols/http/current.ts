/**
 * What is there before it is changed: read for the card of an update, and read again before the update is sent. What
 * binds the two is the server's own version of it (`ETag`, else `Last-Modified`), else its bytes; where the server can,
 * the update carries the version as its precondition, so that nothing changes in between.
 */
import { createHmac } from 'node:crypto';
import {
  asCountersignError,
  baseAction,
  type Json,
  type MeasuredEffect,
  type Sample,
} from '@countersign/core';
import type { Masker } from '../../masking/masker.ts';
import { within } from '../../runtime/within.ts';
import type { Analysis, Measuring } from '../protocol.ts';
import { mayChange } from './effects.ts';
import type { Header } from './headers.ts';
import type { HttpRequest } from './input.ts';
import { maskAnswer } from './mask.ts';
import type { OpenApi } from './openapi.ts';
import { outgoing } from './outgoing.ts';
import { parseTarget } from './path.ts';
import type { Reach } from './reach.ts';
import { type ReadBody, readBody } from './response-body.ts';

/** Milliseconds and bytes for a look. */
const withinMs = 5000;
const maxBytes = 256 * 1024;

export interface Current {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly read: ReadBody;
  readonly secrets: readonly string[];
}

const updates: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'DELETE']);

/** Whether what is there is looked at before this is sent: only where looking is known to change nothing. */
export const looksFirst = (
  reach: Pick<Reach, 'settings' | 'openapi'>,
  { method, path }: HttpRequest,
  analysis: Analysis,
): boolean =>
  reach.settings.readsBefore &&
  reach.settings.getIsRead &&
  updates.has(method) &&
  mayChange(analysis) &&
  getReads(reach.openapi, path);

function getReads(openapi: OpenApi | null, path: string): boolean {
  if (openapi === null) return true;
  const get = openapi.find('GET', parseTarget(path).segments);
  return get !== null && baseAction(get.operation.action ?? 'read') === 'read';
}

/** What is there now; in words, why that can't be told. */
export async function readCurrent(
  reach: Reach,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Current | string> {
  const { connection, runtime, closing } = reach;
  const accept = request.headers.filter(([name]) => name === 'accept');
  const asked: HttpRequest = { method: 'GET', path: request.path, headers: accept, body: null };
  try {
    return await within(runtime, withinMs, async (late) => {
      const until = AbortSignal.any([late, signal, closing]);
      const credential = await connection.credential(until);
      const { status, headers, body } = await connection.read(outgoing(reach, asked, credential), until);
      const coding = headers.find(([name]) => name === 'content-encoding')?.[1] ?? null;
      const read = await readBody(body, coding, maxBytes);
      if (status !== 200) return `the server answered with status ${status}`;
      if (read.truncated) return `it is larger than ${maxBytes} bytes`;
      return { status, headers, read, secrets: credential.secrets };
    });
  } catch (thrown) {
    signal.throwIfAborted();
    return asCountersignError(thrown, 'timed_out').entry.people;
  }
}

/** Weak ones (`W/"1"`) may stand for other bytes, and no server takes them for `If-Match`. */
const strong = /^"[\x21\x23-\x7e]*"$/;

const valueOf = (headers: readonly Header[], wanted: string) =>
  headers.find(([name]) => name === wanted)?.[1] ?? null;

/** One resource, at this version. A version that a server may keep for other bytes counts with its bytes. */
export function effectOf(
  { method, path }: HttpRequest,
  { headers, read }: Current,
  { digestKey }: Measuring,
): MeasuredEffect {
  const etag = valueOf(headers, 'etag');
  const version =
    etag !== null && strong.test(etag)
      ? [etag]
      : [etag, valueOf(headers, 'last-modified'), read.bytes.toString('base64')];
  const digest = createHmac('sha256', digestKey)
    .update(JSON.stringify([path, ...version]))
    .digest('hex');
  const [updated, deleted] = method === 'DELETE' ? [0, 1] : [1, 0];
  return { tables: [{ table: path, inserted: 0, updated, deleted }], digest, unbound: [] };
}

/** Whether the agent says for which versions it means the update. A star stands for all of them, and says nothing. */
export const hasPrecondition = ({ headers }: HttpRequest): boolean =>
  headers.some(([name, value]) => (name === 'if-match' && value !== '*') || name === 'if-unmodified-since');

/** Whether what the agent says lets one version through and no other. */
export const namesVersion = ({ headers: asked }: HttpRequest, { headers }: Current): boolean => {
  const match = valueOf(asked, 'if-match');
  if (match !== null) return strong.test(match);
  const since = valueOf(asked, 'if-unmodified-since');
  return since !== null && since === valueOf(headers, 'last-modified');
};

/** The request with the version of what was seen as its precondition, where there is one. */
export function bindTo(request: HttpRequest, current: Current): HttpRequest {
  const header = precondition(request, current);
  if (header === null) return request;
  const headers = request.headers.filter(([name]) => name !== 'if-match');
  return { ...request, headers: [...headers, header] };
}

/** The header by which the server refuses the update where the resource is another by then; null where it has none. */
export function precondition(request: HttpRequest, { headers }: Current): Header | null {
  if (hasPrecondition(request)) return null;
  const etag = valueOf(headers, 'etag');
  if (etag !== null && strong.test(etag)) return ['if-match', etag];
  const modified = valueOf(headers, 'last-modified');
  return modified !== null && /^[\x20-\x7e]+$/.test(modified) ? ['if-unmodified-since', modified] : null;
}

/** What becomes another, member by member, where both are JSON objects; null where that can't be told. */
export function differenceOf(
  { method, path, body }: HttpRequest,
  { status, headers, read, secrets }: Current,
  masker: Masker,
): Sample | null {
  const shown = maskAnswer({ status, headers, read, secrets, masker, binary: false });
  const before = membersOf(shown.body);
  const after = method === 'DELETE' ? new Map<string, string>() : membersOf(body);
  if (before === null || after === null) return null;
  // A patch says nothing of what it leaves as it is.
  const names = method === 'PATCH' ? [...after.keys()] : [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  const cells = (members: ReadonlyMap<string, string>) => changed.map((name) => members.get(name) ?? null);
  return {
    table: path,
    columns: changed,
    rows: [{ before: cells(before), after: method === 'DELETE' ? null : cells(after) }],
  };
}

function membersOf(text: string | null): ReadonlyMap<string, string> | null {
  try {
    const value = JSON.parse(text ?? '') as Json;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return new Map(Object.entries(value).map(([name, member]) => [name, JSON.stringify(member)]));
  } catch {
    return null;
  }
}
