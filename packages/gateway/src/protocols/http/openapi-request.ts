/** A request compared with the operation that an OpenAPI document has for it. */
import { CountersignError } from '@countersign/core';
import type { HttpSettings } from '../../connections/http-settings.ts';
import { type HttpRequest, mediaType } from './input.ts';
import type { OpenApi, Operation, OperationBody } from './openapi.ts';
import { fitsSchema, type Members } from './openapi-schema.ts';
import type { RequestTarget } from './path.ts';

/**
 * The operation that a request is, with a path, a query, headers and a body that it takes.
 *
 * @throws {CountersignError} `unknown_object`, `malformed`.
 */
export function operationFor(
  api: OpenApi,
  request: HttpRequest,
  { segments, query }: RequestTarget,
  { auth }: Pick<HttpSettings, 'auth'>,
): Operation {
  const found = api.find(request.method, segments);
  if (found === null)
    throw new CountersignError('unknown_object', {
      what: `the API has no ${request.method} /${segments.join('/')}`,
    });
  const { operation, path } = found;
  const pairs = [...new URLSearchParams(query ?? '')].map(([name, value]) => ({
    name: name.replace(/\[.*$/s, ''),
    value,
    plain: !name.includes('['),
  }));
  const declared = operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const odd = pairs.find(({ name }) => !declared.includes(name));
  if (odd !== undefined)
    throw malformed(`the query parameter ${odd.name.slice(0, 60)}`, `one of ${declared.join(', ')}`);
  const ownHeader = auth.kind === 'header' ? auth.name : null;
  for (const { in: where, name, required, schema } of operation.parameters) {
    const given = {
      path: () => [path.get(name) ?? ''],
      query: () => pairs.filter((pair) => pair.name === name && pair.plain).map(({ value }) => value),
      header: () => request.headers.filter(([header]) => header === name).map(([, value]) => value),
    }[where]();
    const there = given.length > 0 || pairs.some((pair) => where === 'query' && pair.name === name);
    if (required && !there && !(where === 'header' && name === ownHeader))
      throw malformed(
        where === 'header' ? `no header ${name}` : `a query without ${name}`,
        where === 'header' ? 'it' : `the parameter ${name}`,
      );
    if (!given.every((text) => fitsSchema(schema, text)))
      throw malformed(`a value of ${name} in the ${where}`, kindOf(schema.types, schema.values));
  }
  if (operation.body !== null) checkBody(operation.body, request);
  return operation;
}

function checkBody({ required, types }: OperationBody, { headers, body }: HttpRequest): void {
  if (body === null) {
    if (required) throw malformed('no body', `one of the type ${[...types.keys()].join(', ')}`);
    return;
  }
  const type = mediaType(headers) ?? '';
  const range = [type, `${type.split('/')[0]}/*`, '*/*'].find((one) => types.has(one));
  if (range === undefined)
    throw malformed(`a body of the type ${type.slice(0, 60)}`, [...types.keys()].join(', '));
  const members = types.get(range) ?? null;
  if (members === null) return;
  const names = type.endsWith('json') ? membersIn(body) : type.endsWith('urlencoded') ? fieldsIn(body) : null;
  if (names !== null) checkMembers(members, names);
}

function checkMembers({ known, required, open }: Members, names: ReadonlySet<string>): void {
  const odd = open ? undefined : [...names].find((name) => !known.has(name));
  if (odd !== undefined)
    throw malformed(`${odd.slice(0, 60)} in the body`, `one of ${[...known].join(', ')}`);
  const missing = [...required].find((name) => !names.has(name));
  if (missing !== undefined) throw malformed(`a body without ${missing}`, `the member ${missing}`);
}

function membersIn(body: string): ReadonlySet<string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw malformed('a body that is no JSON', 'JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('a body that is no object', 'an object');
  return new Set(Object.keys(value));
}

const fieldsIn = (body: string): ReadonlySet<string> =>
  new Set([...new URLSearchParams(body).keys()].map((name) => name.replace(/\[.*$/s, '')));

const kindOf = (types: readonly string[], values: ReadonlySet<string> | null): string =>
  values === null ? types.join(' or ') : `one of ${[...values].join(', ')}`;

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
