/** What an OpenAPI document says a value may be, as far as it is looked at: kinds of texts, and the members of an object. */
import { CountersignError } from '@countersign/core';

/** An object of the document. */
export type Node = Readonly<Record<string, unknown>>;

/** What a text may be; empty where all may. */
export interface Schema {
  readonly types: readonly string[];
  readonly format: string | null;
  /** Null where there is no list. */
  readonly values: ReadonlySet<string> | null;
}

/** The members of an object. */
export interface Members {
  readonly required: ReadonlySet<string>;
  readonly known: ReadonlySet<string>;
  /** Whether there may be others. */
  readonly open: boolean;
}

/** References and parts of schemas that are followed, one into the other. */
const maxDepth = 20;

/** @throws {CountersignError} `config_invalid` for what is no object. */
export function nodeOf(value: unknown): Node {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Node;
  throw invalid('the openapi file has another form');
}

/** A reference within the document, once. @throws {CountersignError} `config_invalid`. */
export function resolved(document: Node, node: Node): Node {
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

/** What a parameter may be. */
export function schemaOf(document: Node, given: unknown): Schema {
  const { type, format, enum: values } = given === undefined ? {} : resolved(document, nodeOf(given));
  const types = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((one) => typeof one === 'string');
  return {
    types,
    format: typeof format === 'string' ? format : null,
    values: Array.isArray(values) ? new Set((values as unknown[]).map(String)) : null,
  };
}

const kinds: ReadonlyMap<string, RegExp> = new Map([
  ['integer', /^-?[0-9]{1,30}$/],
  ['number', /^-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?$/],
  ['boolean', /^(?:true|false)$/],
]);
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Whether a text can be such a value. What is not looked at (patterns, lengths, lists) fits. */
export function fitsSchema({ types, format, values }: Schema, text: string): boolean {
  if (values !== null && !types.includes('array') && !values.has(text)) return false;
  if (types.includes('string') && format === 'uuid' && types.length === 1) return uuid.test(text);
  return types.length === 0 || types.some((type) => kinds.get(type)?.test(text) ?? true);
}

/** The members of an object's schema, `allOf` included; null where that can't be told, or it need be no object. */
export function membersOf(document: Node, given: unknown, depth = 0): Members | null {
  if (given === undefined || typeof given === 'boolean' || depth > maxDepth) return null;
  const schema = resolved(document, nodeOf(given));
  const { properties, required, additionalProperties: more, allOf } = schema;
  if (
    ['oneOf', 'anyOf', 'if', 'not', 'patternProperties', 'dependentSchemas'].some((key) =>
      Object.hasOwn(schema, key),
    )
  )
    return null;
  const parts = (Array.isArray(allOf) ? (allOf as unknown[]) : []).map((part) =>
    membersOf(document, part, depth + 1),
  );
  if (properties === undefined && parts.length === 0) return null;
  const own = {
    known: Object.keys(properties === undefined ? {} : nodeOf(properties)),
    required: Array.isArray(required) ? (required as unknown[]).map(String) : [],
  };
  const told = parts.filter((part) => part !== null);
  return {
    known: new Set([...own.known, ...told.flatMap(({ known }) => [...known])]),
    required: new Set([...own.required, ...told.flatMap((part) => [...part.required])]),
    open:
      more === true ||
      (typeof more === 'object' && more !== null) ||
      told.length < parts.length ||
      told.some((part) => part.open),
  };
}

/** The error of a document that can't be used. */
export const invalid = (what: string): CountersignError =>
  new CountersignError('config_invalid', { what, expected: 'an OpenAPI 3 document, as JSON or YAML' });
