/** The HTTP server: every request is bounded, authenticated, checked against its route, and answered with a code. */
import { readFileSync } from 'node:fs';
import {
  CountersignError,
  type ErrorCode,
  type Principal,
  type Problem,
  parseStrictJson,
} from '@countersign/core';
import rateLimit from '@fastify/rate-limit';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
} from 'fastify';
import type { z } from 'zod';
import type { Log } from '../calls/room.ts';
import { cookieName, setCookie } from '../identity/cookies.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { faultOf } from '../store/store-fault.ts';
import { admittedOf, audienceOf, type Gate, openGate, type Place, type RateLimits } from './gate.ts';
import { type IdentifyParts, sessionCookie } from './identify.ts';
import type { Route } from './route.ts';

/** The largest body: an input of 1 MiB, however it is escaped. Bytes. */
const bodyBytes = 2 * 1024 * 1024;

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly identity: IdentifyParts;
  readonly log: Log;
  readonly rateLimits: RateLimits;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Aborted when the gateway begins to shut down. */
  readonly closing: AbortSignal;
}

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { tls, log } = options;
  const shared: FastifyServerOptions = {
    logger: false,
    bodyLimit: bodyBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      answer(reply, null, fromFastify(error), log, request);
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable)
        socket.end(rawProblem(new CountersignError('malformed', { what: 'a request that is not HTTP' })));
    },
  };
  // Fastify types a TLS server apart from a plain one; the routes don't tell them apart.
  const server =
    tls === null
      ? fastify(shared)
      : (fastify({ ...shared, https: readTls(tls) } as FastifyServerOptions) as FastifyInstance);
  await server.register(rateLimit, { global: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.byteLength === 0) return null;
      return parseStrictJson(body, { bytes: request.routeOptions.bodyLimit });
    },
  );
  server.addHook('onSend', async (_request, reply) => {
    // Nothing between the gateway and who asked keeps an answer, unless the route says so; nor is it taken for what it isn't.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    // A connection that is kept alive after its last answer would hold the shutdown up.
    if (options.closing.aborted) reply.header('connection', 'close');
  });
  server.setErrorHandler((error, request, reply) =>
    answer(reply, audienceOf(request), fromFastify(error), log, request),
  );
  server.setNotFoundHandler((request, reply) =>
    answer(reply, null, new CountersignError('not_found', { what: 'no such route' }), log, request),
  );
  const gate = openGate(server, options);
  for (const here of byPlace(options.routes)) addRoutes(server, here, gate, options);
  return server;
}

function readTls({ cert, key }: { cert: string; key: string }): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (cause) {
    const expected = 'files with a certificate and its key, in PEM (server.tls)';
    throw new CountersignError(
      'config_invalid',
      { what: `${cert} or ${key} can't be read`, expected },
      { cause },
    );
  }
}

function byPlace(routes: readonly Route[]): readonly Place[] {
  const places = new Map<string, [Route, ...Route[]]>();
  for (const route of routes) {
    const place = `${route.method} ${route.url}`;
    const there = places.get(place);
    if (there === undefined) places.set(place, [route]);
    else there.push(route);
  }
  return [...places.values()];
}

function addRoutes(server: FastifyInstance, here: Place, gate: Gate, options: ServerOptions): void {
  const [{ method, url }] = here;
  server.route({
    method,
    url,
    // A stream of events has no end: asked for its head alone, it would be read for nobody, for as long as the gateway lives.
    exposeHeadRoute: here.every(({ stream }) => stream !== 'text/event-stream'),
    bodyLimit: Math.max(...here.map((route) => route.bodyBytes ?? bodyBytes)),
    // Before the body is read: a stranger costs nothing.
    onRequest: async (request, reply) => {
      const { renewed } = await gate.admit(request, here);
      if (renewed !== null) {
        const { origin } = options.identity.address();
        const cookie = setCookie(cookieName(sessionCookie, origin), renewed, { origin, sameSite: 'Strict' });
        reply.header('set-cookie', cookie);
      }
      if (options.closing.aborted && url !== '/healthz') throw new CountersignError('shutting_down');
    },
    handler: async (request, reply) => {
      const started = performance.now();
      const { route, principal, viewer, session } = admittedOf(request);
      const result = await route.handle({
        params: checked(route.params, withoutNul(request.params), 'the path'),
        query: checked(route.query, withoutNul(request.query), 'the query'),
        body: checked(route.body, request.body, 'the body'),
        principal,
        viewer,
        session,
        gone: () => {
          const gone = new AbortController();
          reply.raw.once('close', () => gone.abort());
          return AbortSignal.any([gone.signal, options.closing]);
        },
        stillLetIn: () => gate.again(request),
        reply,
      });
      const ms = Math.round(performance.now() - started);
      options.log.info(
        {
          method: route.method,
          route: route.url,
          status: route.status,
          ms,
          principal: principal?.id,
        },
        'served',
      );
      if (route.answer === null) return reply;
      return reply.status(route.status).send(result);
    },
  });
}

/** What a path or a query says: the store can't hold a NUL, and a body with one was refused when it was read. */
function withoutNul(given: unknown): unknown {
  for (const [name, value] of Object.entries(given ?? {}))
    if (`${value}`.includes('\0'))
      throw new CountersignError('malformed', { what: name.slice(0, 100), expected: 'text without NUL' });
  return given;
}

/** Names what was wrong by its place, never by its value. */
function checked(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path =
    issue === undefined || issue.path.length === 0 ? where : issue.path.map(String).join('.').slice(0, 100);
  const message = (issue?.message ?? 'expected something else').slice(0, 300);
  // Zod says «Invalid input: expected string»; what it does not say so is what was wrong.
  const [, expected] = /\bexpected (.+)$/.exec(message) ?? [];
  throw new CountersignError(
    'malformed',
    expected === undefined ? { what: `${path}: ${message}` } : { what: path, expected },
  );
}

const codeByFastify: Readonly<Record<string, ErrorCode>> = Object.freeze({
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
});

function fromFastify(thrown: unknown): CountersignError {
  if (thrown instanceof CountersignError) return thrown;
  const { code = '', statusCode } = thrown as { code?: string; statusCode?: number };
  if (Object.hasOwn(codeByFastify, code))
    return new CountersignError(codeByFastify[code] ?? 'malformed', {}, { cause: thrown });
  return statusCode !== undefined && statusCode < 500
    ? new CountersignError('malformed', {}, { cause: thrown })
    : faultOf(thrown);
}

function problemOf(error: CountersignError, audience: Principal['class'] | null): Problem {
  const message =
    audience === 'person' || audience === 'operator' || audience === 'auditor'
      ? error.toApprover()
      : error.toModel();
  return { error: { code: error.code, message, retry: error.entry.retry } };
}

function answer(
  reply: FastifyReply,
  audience: Principal['class'] | null,
  error: CountersignError,
  log: Log,
  request: FastifyRequest,
): FastifyReply {
  const fields = {
    method: request.method,
    route: request.routeOptions?.url ?? null,
    status: error.status,
    code: error.code,
  };
  if (error.status >= 500) log.error({ ...fields, err: faultForLog(error.cause) }, 'failed');
  else log.info(fields, 'refused');
  return reply.status(error.status).type('application/json').send(problemOf(error, audience));
}

function rawProblem(error: CountersignError): string {
  const body = JSON.stringify(problemOf(error, null));
  return `HTTP/1.1 ${error.status} Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
