/**
 * The HTTP protocol: a call is one request to the connection's origin.
 *
 * @module
 */
import { CountersignError, type Json } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { httpConnection } from '../../connections/http-connection.ts';
import { readHttpSettings } from '../../connections/http-settings.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { within } from '../../runtime/within.ts';
import type { Protocol, Target } from '../protocol.ts';
import { looksFirst } from './current.ts';
import { analyse } from './effects.ts';
import { execute } from './execute.ts';
import type { GraphQlPath } from './graphql-request.ts';
import { mayBeAllowed } from './headers.ts';
import { type HttpRequest, parseInput } from './input.ts';
import { inspect } from './inspect.ts';
import { readOpenApi } from './openapi.ts';
import { parseTarget } from './path.ts';
import { preview } from './preview.ts';
import type { Reach } from './reach.ts';
import { recovered } from './recover.ts';

const pingWithinMs = 5000;

export const http: Protocol = Object.freeze({ name: 'http', connect, inspect });

function connect(config: ConnectionConfig, runtime: Runtime): Target {
  const settings = readHttpSettings(config);
  for (const name of settings.allowHeaders)
    if (!mayBeAllowed(name))
      throw new CountersignError('config_invalid', {
        what: `${name} under allow_headers of ${settings.name}`,
        expected: 'headers that say nothing of who asks, where it goes or how it is framed',
      });
  const connection = httpConnection(settings, runtime);
  const closing = new AbortController();
  const openapi = settings.openapi === null ? null : readOpenApi(settings.openapi);
  const graphql = settings.graphql?.map((path) => readGraphQlPath(settings.name, path)) ?? null;
  const reach: Reach = { settings, connection, openapi, graphql, runtime, closing: closing.signal };
  const running = new Set<Promise<unknown>>();

  /** Counts work, so that `close` can wait for it. */
  function counted<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    const done = () => running.delete(work);
    work.then(done, done);
    return work;
  }

  async function close(): Promise<void> {
    closing.abort(new CountersignError('shutting_down'));
    await Promise.allSettled(running);
    await connection.close();
  }
  let closed: Promise<void> | undefined;

  return {
    parse: (input) => parseInput(input, settings),
    analyse: async (input) => analyse(reach, own(input)),
    preview: (input, analysis, signal, wish) => counted(preview(reach, own(input), analysis, signal, wish)),
    previewReachesTarget: (input, analysis) => looksFirst(reach, own(input), analysis),
    execute: (input, analysis, context) => counted(execute(reach, own(input), analysis, context)),
    recover: async () => recovered,
    ping: (signal) =>
      counted(
        within(runtime, pingWithinMs, (late) =>
          connection.probe(AbortSignal.any([late, signal, closing.signal])),
        ),
      ),
    close: () => (closed ??= close()),
  };
}

function readGraphQlPath(connection: string, path: string): GraphQlPath {
  try {
    const { segments, query } = parseTarget(path);
    if (query === null) return segments;
  } catch {
    // As for a query: it is no path that a request could name.
  }
  throw new CountersignError('config_invalid', {
    what: `${path} under graphql of ${connection}`,
    expected: 'a path below base_url, as a request would write it',
  });
}

/** Inputs come back from the store as they went in, by `parse`. */
const own = (input: Json): HttpRequest => input as unknown as HttpRequest;
