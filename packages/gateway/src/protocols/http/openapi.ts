/**
 * An OpenAPI document (3.0, 3.1) as the operator gives it: which operations there are, which parameters and bodies they
 * take, and, where `x-countersign-action` says so, what they do. What is not in it can't be called.
 */
import { readFileSync } from 'node:fs';
import { type Action, actionSchema } from '@countersign/core';
import { parse } from 'yaml';
import {
  invalid,
  type Members,
  membersOf,
  type Node,
  nodeOf,
  resolved,
  type Schema,
  schemaOf,
} from './openapi-schema.ts';

/** One operation of a document. */
export interface Operation {
  /** What it does, where the document says so; null leaves it to the method. */
  readonly action: Action | null;
  /** For people: its `operationId`, else its path in the document. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Null where the document says nothing of one. */
  readonly body: OperationBody | null;
}

/** A part of the path, of the query or of the headers. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  /** Of a header in lower case. */
  readonly name: string;
  readonly required: boolean;
  /** What it may be. */
  readonly schema: Schema;
}

/** What an operation's body may be. */
export interface OperationBody {
  readonly required: boolean;
  /** By media type in lower case, or by a range: `text/*`. */
  readonly types: ReadonlyMap<string, Members | null>;
}

/** An operation, and what stands in the path for its parameters. */
export interface Found {
  readonly operation: Operation;
  readonly path: ReadonlyMap<string, string>;
}

export interface OpenApi {
  /** Null where there is no such operation. */
  find(method: string, segments: readonly string[]): Found | null;
}

interface Path {
  readonly segments: readonly Segment[];
  readonly operations: ReadonlyMap<string, Operation>;
}

/** As it is, or any for a parameter. */
type Segment = { readonly text: string } | { readonly parameter: string };

const maxBytes = 8 * 1024 * 1024;
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;

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
      // The first path that fits is meant, whether or not it has the method.
      const path = ordered.find((one) => fits(one.segments, segments));
      const { operations } = path ?? {};
      const operation = operations?.get(method) ?? (method === 'HEAD' ? operations?.get('GET') : undefined);
      if (path === undefined || operation === undefined) return null;
      const values = path.segments.flatMap((one, index): [string, string][] =>
        'parameter' in one ? [[one.parameter, segments[index] ?? '']] : [],
      );
      return { operation, path: new Map(values) };
    },
  };
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
  const parameters = new Map<string, Parameter>();
  for (const list of [item['parameters'], operation['parameters']])
    for (const one of Array.isArray(list) ? (list as unknown[]) : []) {
      const parameter = parameterOf(document, resolved(document, nodeOf(one)));
      // An operation's own goes before its path's.
      if (parameter !== null) parameters.set(`${parameter.in} ${parameter.name}`, parameter);
    }
  return {
    action: action === null ? null : action.data,
    name: typeof operation['operationId'] === 'string' ? operation['operationId'] : written,
    parameters: [...parameters.values()],
    body: bodyOf(document, operation['requestBody']),
  };
}

/** Null for what is no part of what an agent says: cookies, and headers that OpenAPI itself sets aside. */
function parameterOf(document: Node, node: Node): Parameter | null {
  const name = String(node['name']);
  const where = node['in'];
  const common = {
    required: node['required'] === true,
    schema: schemaOf(document, node['schema']),
  };
  if (where === 'path') return { in: where, name, ...common };
  if (where === 'query') return { in: where, name: name.replace(/\[.*$/s, ''), ...common };
  const header = name.toLowerCase();
  return where !== 'header' || ['accept', 'content-type', 'authorization'].includes(header)
    ? null
    : { in: where, name: header, ...common };
}

function bodyOf(document: Node, given: unknown): OperationBody | null {
  if (given === undefined) return null;
  const { required, content } = resolved(document, nodeOf(given));
  const types = Object.entries(nodeOf(content)).map(([type, media]): [string, Members | null] => [
    (type.split(';')[0] ?? '').trim().toLowerCase(),
    membersOf(document, nodeOf(media)['schema']),
  ]);
  return { required: required === true, types: new Map(types) };
}

function segmentsOf(written: string): readonly Segment[] {
  const parts = written.slice(1).split('/');
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    const parameter = /^\{([^{}]+)\}$/.exec(part)?.[1];
    if (parameter !== undefined) return { parameter };
    if (/[{}%]/.test(part))
      throw invalid(`the path ${written.slice(0, 100)}, where a parameter is no whole segment`);
    return { text: part };
  });
}

const literals = (segments: Path['segments']) => segments.map((one) => ('text' in one ? '1' : '0')).join('');
const fits = (path: Path['segments'], segments: readonly string[]) =>
  path.length === segments.length &&
  path.every((one, index) => 'parameter' in one || one.text === segments[index]);
