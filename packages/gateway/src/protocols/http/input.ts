/** The input of an HTTP call: method, path and query, headers and body, exactly as they came. */
import { type CallInput, CountersignError, type Json, maxInputBytes } from '@countersign/core';
import type { HttpSettings } from '../../connections/http-settings.ts';
import { type Header, parseHeaders } from './headers.ts';
import { refuseOverrideIn, refuseOverrideInJson } from './method-override.ts';
import { parseTarget } from './path.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: readonly Header[];
  readonly body: string | null;
}

/** Bytes of all headers that an agent may send: servers refuse more than 8 to 16 KiB. */
const maxHeaderBytes = 8192;
const maxPathBytes = 8192;

/** Not for an agent: a tunnel, and what sends the credential back in the answer. */
const noMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK', 'DEBUG', 'PRI']);
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Media types of bodies that are text, and whose parts can be judged. */
const textTypes =
  /^(?:text\/[a-z0-9.+-]+|application\/(?:json|x-www-form-urlencoded|xml|graphql|x-ndjson|ndjson|jsonl|yaml|x-yaml|javascript|sql|[a-z0-9.-]+\+(?:json|xml|yaml)))$/;

/** What the input's reading depends on of a connection. */
export type InputRules = Pick<HttpSettings, 'allowHeaders' | 'auth'>;

/**
 * Snapshots the input. The bytes of path and body are not changed; a body without a content type gets one, by whether
 * it is JSON.
 *
 * @throws {CountersignError} `wrong_protocol`; `malformed` for what a server could read as another request than was
 * judged; `too_large`.
 */
export function parseInput(input: CallInput, { allowHeaders, auth }: InputRules): HttpRequest & Json {
  if (!('method' in input))
    throw new CountersignError('wrong_protocol', { expected: 'method and path, headers, body' });
  const { method, path, headers = [], body = null } = input;
  checkMethod(method);
  const { query } = parseTarget(path);
  if (query !== null) refuseOverrideIn(query, 'the query');
  const credential = auth.kind === 'header' ? auth.name : null;
  const parsed = parseHeaders(headers, allowHeaders, credential);
  const typed = withContentType(parsed, body);
  if (body !== null) checkBody(method, body, mediaType(typed));
  const bytes = typed.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (bytes > maxHeaderBytes) throw tooLarge(`${bytes} bytes of headers`, maxHeaderBytes);
  if (path.length > maxPathBytes) throw tooLarge(`${path.length} bytes of path`, maxPathBytes);
  return Object.freeze({
    method,
    path,
    headers: Object.freeze(typed.map((header) => Object.freeze(header))),
    body,
  });
}

/** The media type, without parameters, in lower case; null where no content type is given. */
export function mediaType(headers: readonly Header[]): string | null {
  const value = headers.find(([name]) => name === 'content-type')?.[1];
  return value === undefined ? null : (value.split(';')[0] ?? '').trim().toLowerCase();
}

function checkMethod(method: string): void {
  if (!/^[A-Z]{1,20}$/.test(method)) throw malformed('a method that is none', 'GET, POST, … in capitals');
  if (noMethods.has(method))
    throw malformed(`the method ${method}`, 'GET, HEAD, POST, PUT, PATCH, DELETE, …');
}

/** A type without a body, as many clients send it, says nothing. */
function withContentType(headers: readonly Header[], body: string | null): readonly Header[] {
  const given = headers.find(([name]) => name === 'content-type');
  if (given === undefined && body === null) return headers;
  if (given === undefined)
    return [
      ...headers,
      ['content-type', isJson(body ?? '') ? 'application/json' : 'text/plain; charset=utf-8'],
    ];
  const [, ...parameters] = given[1].split(';');
  const type = mediaType(headers) ?? '';
  if (!textTypes.test(type))
    throw malformed(`a body of the type ${type.slice(0, 60)}`, 'JSON, a form, XML or text');
  for (const parameter of parameters)
    if (
      !/^[ \t]*(?:charset=(?:"utf-8"|utf-8|"us-ascii"|us-ascii)|version=[0-9.]{1,8}|odata[a-z.]*=[a-z]{1,10})[ \t]*$/i.test(
        parameter,
      )
    )
      throw malformed('a parameter of the content type', 'charset=utf-8, or none');
  return headers;
}

function checkBody(method: string, body: string, type: string | null): void {
  if (bodiless.has(method)) throw malformed(`a body on ${method}`, 'no body');
  if (!body.isWellFormed()) throw malformed('half a surrogate pair in the body', 'well-formed Unicode');
  if (body.includes('\0')) throw malformed('a NUL in the body', 'text without NUL');
  const bytes = Buffer.byteLength(body);
  if (bytes > maxInputBytes) throw tooLarge(`${bytes} bytes of body`, maxInputBytes);
  if (type === 'application/x-www-form-urlencoded') refuseOverrideIn(body, 'the form');
  // A server that is lenient with types reads JSON, or a form, wherever it finds one.
  if ((type !== null && /json/.test(type)) || /^[\s\uFEFF]*[[{]/.test(body)) refuseOverrideInJson(body);
  if (/^\uFEFF?[^\s=&<>{}"]{1,2000}=/.test(body)) refuseOverrideIn(body, 'the form');
}

function isJson(body: string): boolean {
  if (!/^\s*[[{"]/.test(body)) return false;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
const tooLarge = (what: string, most: number) =>
  new CountersignError('too_large', { what, expected: `at most ${most}` });
