/** The OpenAPI 3.1 document, from the routes' own schemas. */
import { problemSchema } from '@countersign/core';
import { z } from 'zod';
import { noBody, nothing } from './nothing.ts';
import type { Route } from './route.ts';

type JsonObject = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as JsonObject;

export function openApiDocument(routes: readonly Route[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.url.replace(/:([a-z]+)/g, '{$1}');
    const method = route.method.toLowerCase();
    const others = (paths[path]?.[method] ?? null) as JsonObject | null;
    paths[path] = {
      ...paths[path],
      [method]: others === null ? operation(route) : forAnotherActor(others, operation(route)),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      version: '1',
      description: 'Each route is for one class of token: see x-actor.',
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}

/** One method and path that answers each actor in its own way. */
function forAnotherActor(one: JsonObject, other: JsonObject): JsonObject {
  const parameters = [...(one['parameters'] as JsonObject[]), ...(other['parameters'] as JsonObject[])];
  const names = new Set<string>();
  return {
    ...one,
    summary: `${String(one['summary'])} For ${String(other['x-actor'])}: ${String(other['summary'])}`,
    'x-actor': [one['x-actor'], other['x-actor']].flat(),
    parameters: parameters.filter(({ in: place, name }) => {
      const key = `${String(place)} ${String(name)}`;
      return !names.has(key) && names.add(key);
    }),
    responses: eitherAnswer(one['responses'] as Responses, other['responses'] as Responses),
  };
}

type Responses = Record<string, { description: string; content: Record<string, { schema?: JsonObject }> }>;

function eitherAnswer(one: Responses, other: Responses): JsonObject {
  const schemas = [one, other].flatMap(({ '200': done }) => done?.content['application/json']?.schema ?? []);
  return {
    ...one,
    '200': { description: 'Done.', content: { 'application/json': { schema: { anyOf: schemas } } } },
  };
}

function operation(route: Route): JsonObject {
  const { params, query, body, answer, status, actor, summary } = route;
  const content =
    answer === null
      ? { [route.stream ?? 'application/x-ndjson']: {} }
      : { 'application/json': { schema: schemaOf(answer, 'output') } };
  return {
    summary,
    'x-actor': actor,
    ...(actor === 'public' ? {} : { security: [{ token: [] }] }),
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(body === noBody
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: {
      [String(status)]: { description: 'Done.', content },
      default: {
        description: 'Why not.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): readonly JsonObject[] {
  if (schema === nothing) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}
