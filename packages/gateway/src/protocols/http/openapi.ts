/**
 * An OpenAPI document (3.0, 3.1) as the operator gives it: which operations there are, which parameters their queries
 * take, and, where `x-countersign-action` says so, what they do. What is not in it can't be called.
 */
import { readFileSync } from 'node:fs';
import { type Action, actionSchema, CountersignError } from '@countersign/core';
import { parse } from 'yaml';
import type { RequestTarget } from './path.ts';

/** One operation of a document. */
export interface Operation {
  /** What it does, where the document says so; null leaves it to the method. */
  readonly action: Action | null;
  /** For people: its `operationId`, else its path in the document. */
  readonly name: string;
  /** Names that its query may have. */
  readonly query: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
}

export interface OpenApi {
  /** Null where there is no such operation. */
  find(method: string, segments: readonly string[]): Operation | null;
}

interface Path {
  /** Literal segments, and null for a parameter. */
  readonly segments: readonly (string | null)[];
  readonly operations: ReadonlyMap<string, Operation>;
}

const maxBytes = 8 * 1024 * 1024;
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;
type Node = Readonly<Record<string, unknown>>;

/** @throws {CountersignError} `config_invalid` for a file that is no such document. */
export function readOpenApi(file: string): OpenApi {
  const document = documentOf(file);
  const paths = Object.entries(nodeOf(document['paths'])).map(([written, item]): Path => {
    const node = nodeOf(item);
    if (!written.startsWith('/') || '$ref' in node) throw invalid(`the path ${written.slice(0, 100)}`);
    const given = methods.filter((method) => Object.hasOwn(node, method));
    return {
      segments: segmentsOf(written),
      operations: new Map(
        given.map((method) => [
          method.toUpperCase(),
          operationOf(document, written, node, nodeOf(node[method])),
        ]),
      ),
    };
  });
  // The more literal one goes first, segment by segment.
  const ordered = paths.toSorted((a, b) => literals(b.segments).localeCompare(literals(a.segments)));
  return {
    find: (method, segments) => {
      const fitting = ordered.filter((path) => fits(path.segments, segments));
      // The first path that fits is meant, whether or not it has the method.
      const operations = fitting[0]?.operations;
      return operations?.get(method) ?? (method === 'HEAD' ? operations?.get('GET') : undefined) ?? null;
    },
  };
}

/**
 * The operation that a request is, with a query that it takes.
 *
 * @throws {CountersignError} `unknown_object`, `malformed`.
 */
export function operationFor(api: OpenApi, method: string, { segments, query }: RequestTarget): Operation {
  const operation = api.find(method, segments);
  if (operation === null)
    throw new CountersignError('unknown_object', { what: `the API has no ${method} /${segments.join('/')}` });
  const names = new Set(
    [...new URLSearchParams(query ?? '').keys()].map((name) => name.replace(/\[.*$/s, '')),
  );
  const odd = [...names].find((name) => !operation.query.has(name));
  if (odd !== undefined)
    throw malformed(`the query parameter ${odd.slice(0, 60)}`, `one of ${[...operation.query].join(', ')}`);
  const missing = [...operation.required].find((name) => !names.has(name));
  if (missing !== undefined) throw malformed(`a query without ${missing}`, `the parameter ${missing}`);
  return operation;
}

function documentOf(file: string): Node {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw invalid('the openapi file can’t be read');
  }
  if (text.length > maxBytes) throw invalid('the openapi file is too large');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100, uniqueKeys: true });
  } catch {
    throw invalid('the openapi file is neither JSON nor YAML');
  }
  const node = nodeOf(document);
  if (!String(node['openapi']).startsWith('3.') || node['paths'] === undefined)
    throw invalid('the openapi file is no OpenAPI 3 document');
  return node;
}

function operationOf(document: Node, written: string, item: Node, operation: Node): Operation {
  const said = operation['x-countersign-action'];
  const action = said === undefined ? null : actionSchema.safeParse(said);
  if (action !== null && !action.success) throw invalid(`x-countersign-action of ${written.slice(0, 100)}`);
  const parameters = [item['parameters'], operation['parameters']]
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .map((one) => resolved(document, nodeOf(one)))
    .filter((one) => one['in'] === 'query');
  const name = (one: Node) => String(one['name']).replace(/\[.*$/s, '');
  return {
    action: action === null ? null : action.data,
    name: typeof operation['operationId'] === 'string' ? operation['operationId'] : written,
    query: new Set(parameters.map(name)),
    required: new Set(parameters.filter((one) => one['required'] === true).map(name)),
  };
}

/** A reference within the document, once. */
function resolved(document: Node, node: Node): Node {
  const reference = node['$ref'];
  if (reference === undefined) return node;
  if (typeof reference !== 'string' || !reference.startsWith('#/'))
    throw invalid('a $ref out of the openapi file');
  let at: unknown = document;
  for (const part of reference.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const within = nodeOf(at);
    at = Object.hasOwn(within, key) ? within[key] : undefined;
  }
  const found = nodeOf(at);
  if ('$ref' in found) throw invalid('a $ref that leads to another');
  return found;
}

function segmentsOf(written: string): readonly (string | null)[] {
  const parts = written.slice(1).split('/');
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    if (/^\{[^{}]+\}$/.test(part)) return null;
    if (/[{}%]/.test(part))
      throw invalid(`the path ${written.slice(0, 100)}, where a parameter is no whole segment`);
    return part;
  });
}

const literals = (segments: Path['segments']) => segments.map((one) => (one === null ? '0' : '1')).join('');
const fits = (path: Path['segments'], segments: readonly string[]) =>
  path.length === segments.length && path.every((one, index) => one === null || one === segments[index]);

function nodeOf(value: unknown): Node {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Node;
  throw invalid('the openapi file has another form');
}

const invalid = (what: string) =>
  new CountersignError('config_invalid', { what, expected: 'an OpenAPI 3 document, as JSON or YAML' });
const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
