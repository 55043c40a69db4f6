/**
 * GraphQL over HTTP: which documents a request carries. What a server could take from another place than was judged (the
 * query of a POST, a key twice, a document that only the server knows) is refused.
 */
import { CountersignError } from '@countersign/core';
import { type GraphQlOperation, readDocument } from './graphql-document.ts';
import { type HttpRequest, mediaType } from './input.ts';
import type { RequestTarget } from './path.ts';

/** Names by which servers take a document, its parts, or one they have kept. */
const documentNames: ReadonlySet<string> = new Set([
  'query',
  'mutation',
  'operationname',
  'variables',
  'extensions',
  'id',
  'queryid',
  'documentid',
  'docid',
  'hash',
  'persistedquery',
]);
const envelopeNames: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);
const maxBatch = 20;

/** A path of the connection that speaks GraphQL: its segments. */
export type GraphQlPath = readonly string[];

/**
 * The operations that a request would run; null where it is none of GraphQL.
 *
 * @param paths Where the connection speaks GraphQL; null where it does not say: then wherever a path ends in `graphql`.
 * @throws {CountersignError} `malformed`, `parse_failed`, `too_large`.
 */
export function graphQlOperations(
  paths: readonly GraphQlPath[] | null,
  request: HttpRequest,
  { segments, query }: RequestTarget,
): readonly GraphQlOperation[] | null {
  const isHere =
    paths === null ? segments.at(-1)?.toLowerCase() === 'graphql' : isNamed(paths, segments.join('/'));
  if (!isHere) return null;
  const parameters = [...new URLSearchParams(query ?? '')];
  // Some servers split at a semicolon, too.
  const names = [...new URLSearchParams(query?.replaceAll(';', '&') ?? '').keys()];
  const says = names.some((name) => documentNames.has(bare(name)));
  if (says && query?.includes(';') === true)
    throw malformed('";" in the query of GraphQL', 'it percent-encoded');
  if (request.method === 'POST') {
    if (says) throw malformed('a GraphQL document in the query of a POST', 'it in the body');
    return posted(request);
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    // Nothing but the page of a console, or what is no GraphQL at all.
    if (!says) return null;
    return [got(parameters)];
  }
  if (paths === null) return null;
  throw malformed(`${request.method} of GraphQL`, 'POST, or GET for a query');
}

/** Many servers take a path in any case, others don't: what GraphQL it would be then can't be told. */
function isNamed(paths: readonly GraphQlPath[], asked: string): boolean {
  const named = paths.map((path) => path.join('/'));
  if (named.includes(asked)) return true;
  const other = named.find((path) => path.toLowerCase() === asked.toLowerCase());
  if (other !== undefined) throw malformed('a path of GraphQL in another case', `/${other}`);
  return false;
}

/** In the names of answers: alias → the fields it can stand for. Undefined where there are none. */
export function aliasesOf(
  operations: readonly GraphQlOperation[] | null,
): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const aliases = new Map<string, Set<string>>();
  for (const [alias, field] of operations?.flatMap((one) => one.aliases) ?? []) {
    const fields = aliases.get(alias) ?? new Set();
    aliases.set(alias, fields.add(field));
  }
  return aliases.size === 0 ? undefined : aliases;
}

/** One operation for people: `mutation Pay: payInvoice, addNote`. */
export const operationInWords = ({ type, name, roots }: GraphQlOperation): string =>
  `${type}${name === null ? '' : ` ${name}`}: ${roots.join(', ')}`;

function posted({ headers, body }: HttpRequest): readonly GraphQlOperation[] {
  const type = mediaType(headers) ?? '';
  if (body === null) throw malformed('GraphQL without a body', 'a document');
  if (type === 'application/graphql') return [readDocument(body, null)];
  if (!/^application\/(?:json|graphql\+json)$/.test(type))
    throw malformed(`GraphQL in a body of the type ${type.slice(0, 60)}`, 'application/json');
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw malformed('GraphQL in a body that is no JSON', 'an object with the query');
  }
  const batch = Array.isArray(value) ? (value as unknown[]) : [value];
  if (batch.length === 0) throw malformed('an empty batch of GraphQL', 'one operation or more');
  if (batch.length > maxBatch)
    throw new CountersignError('too_large', {
      what: `a batch of ${batch.length} GraphQL operations`,
      expected: `at most ${maxBatch}`,
    });
  refuseRepeated(body, Array.isArray(value) ? 2 : 1);
  return batch.map(inEnvelope);
}

function inEnvelope(value: unknown): GraphQlOperation {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('GraphQL in JSON that is no object', 'an object with the query');
  const odd = Object.keys(value).find((name) => !envelopeNames.has(name));
  if (odd !== undefined)
    throw malformed(`${odd.slice(0, 60)} beside the query of GraphQL`, [...envelopeNames].join(', '));
  const { query, operationName, extensions } = value as Readonly<Record<string, unknown>>;
  return readEnvelope(query, operationName, extensions);
}

function got(parameters: readonly (readonly [string, string])[]): GraphQlOperation {
  const values = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (documentNames.has(bare(name)) && !envelopeNames.has(name))
      throw malformed(`${name.slice(0, 60)} in the query of GraphQL`, [...envelopeNames].join(', '));
    if (values.has(name)) throw malformed(`${name.slice(0, 60)} twice in the query`, 'each once');
    values.set(name, value);
  }
  let extensions: unknown;
  try {
    extensions = JSON.parse(values.get('extensions') ?? 'null');
  } catch {
    throw malformed('extensions of GraphQL that are no JSON', 'an object');
  }
  const operation = readEnvelope(values.get('query'), values.get('operationName'), extensions);
  if (operation.type !== 'query') throw malformed(`a GraphQL ${operation.type} by GET`, 'POST');
  return operation;
}

function readEnvelope(query: unknown, operationName: unknown, extensions: unknown): GraphQlOperation {
  if (typeof (extensions ?? {}) !== 'object' || Array.isArray(extensions))
    throw malformed('extensions of GraphQL that are no object', 'an object, or none');
  const extended = Object.keys(extensions ?? {});
  if (extended.some((name) => documentNames.has(bare(name))) || query === undefined || query === null)
    throw malformed('a GraphQL document that only the server knows', 'the text of the query');
  if (typeof query !== 'string') throw malformed('a GraphQL query that is no text', 'the text of the query');
  const named = operationName ?? null;
  if (named !== null && (typeof named !== 'string' || named === ''))
    throw malformed('an operationName of GraphQL that is no name', 'a name, or none');
  return readDocument(query, named);
}

/** A server may take the first of two, or the last. @param depth The level of the envelopes' members. */
function refuseRepeated(json: string, depth: number): void {
  const colon = /[ \t\r\n]*:/y;
  let level = 0;
  let names = new Set<string>();
  for (const { 0: token, index } of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') {
      level++;
      if (level === depth) names = new Set();
    } else if (token === '}' || token === ']') level--;
    else if (level === depth) {
      colon.lastIndex = index + token.length;
      if (!colon.test(json)) continue;
      const name = JSON.parse(token) as string;
      if (names.has(name)) throw malformed(`${name.slice(0, 60)} twice in GraphQL`, 'each member once');
      names.add(name);
    }
  }
}

/** As servers that are lenient read it. */
const bare = (name: string): string =>
  name
    .replace(/\[.*$/s, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
