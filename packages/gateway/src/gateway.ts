/** The gateway: the engine behind its HTTP face, and the file by which the command line beside it finds it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CountersignError, type PolicyView } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import { sql } from 'kysely';
import { pino } from 'pino';
import { accessRoutes } from './api/access-routes.ts';
import { approvalRoutes } from './api/approval-routes.ts';
import { callRoutes } from './api/call-routes.ts';
import { consoleRoutes, type PageFiles } from './api/console-routes.ts';
import { demoRoutes } from './api/demo-routes.ts';
import { EventStreams } from './api/event-streams.ts';
import { defaultRateLimits, type RateLimits } from './api/gate.ts';
import { healthRoutes } from './api/health-routes.ts';
import { operatorRoutes } from './api/operator-routes.ts';
import type { Parts, SessionParts } from './api/parts.ts';
import { recordRoutes } from './api/record-routes.ts';
import type { Route } from './api/route.ts';
import { runRoutes } from './api/run-routes.ts';
import { createServer } from './api/server.ts';
import { sessionRoutes } from './api/session-routes.ts';
import { signInRoutes } from './api/sign-in-routes.ts';
import type { Log } from './calls/room.ts';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { accessTokens } from './identity/access-tokens.ts';
import { addressOf } from './identity/address.ts';
import { createFreshSignIns } from './identity/fresh-sign-ins.ts';
import { issuerKeys } from './identity/issuer-keys.ts';
import { localOperator } from './identity/local-operator.ts';
import { type LocalTokens, localTokens } from './identity/local-tokens.ts';
import { createRevoke } from './identity/revoke.ts';
import { createSessions } from './identity/sessions.ts';
import { createSignIns } from './identity/sign-in.ts';
import { type SignInLinks, signInLinks } from './identity/sign-in-links.ts';
import { stateBox } from './identity/sign-in-state.ts';
import { anyOf } from './identity/token-verifier.ts';
import { ParkedRuns } from './runs/parked-runs.ts';
import type { Runtime } from './runtime/runtime.ts';

/** What a gateway is started on. */
export interface GatewayOptions extends EngineOptions {
  /** Where to listen; default what the file's `server.listen` says. Port 0 takes a free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Reads the policy file again, for a reload; without it a reload is refused. */
  readonly load?: () => Promise<LoadedFile>;
  /** Of the structured log on stderr; default `warn`. */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info';
  /** Default: 60 000 requests a principal and 300 a stranger, in a minute. */
  readonly rateLimits?: Partial<RateLimits>;
  /** Whether {@link Gateway.signInLink} makes links: for a demo, on loopback and plain http only. Default false. */
  readonly signInLinks?: boolean;
  /** The files of the console, as `consoleFiles` of `@countersign/console` reads them. Default: no console. */
  readonly console?: PageFiles;
}

/** A gateway that runs. */
export interface Gateway {
  /** Its address, as clients name it. */
  readonly url: string;
  /** Of the operator beside the gateway; null where `server.local_operator` is false. */
  readonly operatorToken: string | null;
  readonly engine: Engine;
  readonly tokens: LocalTokens;
  /**
   * Reads the policy file again.
   *
   * @param by Who has it read, for the ledger: a principal's id.
   * @throws {CountersignError} `config_invalid`; the policy in force then stays.
   */
  reload(by: string): Promise<PolicyView>;
  /**
   * Makes an address that signs a person in, once, within ten minutes, on this machine.
   *
   * @param account Whose session it is to be: `local:dana`.
   * @throws {CountersignError} `config_invalid` unless {@link GatewayOptions.signInLinks} is set.
   */
  signInLink(account: string): string;
  /** Stops listening, lets what runs finish (10 s), ends the rest, closes the store. */
  close(): Promise<void>;
}

/**
 * Starts a gateway: opens its store, recovers what an earlier one left, and listens. Unless its store is in memory,
 * `gateway.json` in the data folder then leads the command to it.
 *
 * @throws {CountersignError} what {@link openEngine} throws, and `config_invalid` for an address in use.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const log = options.log ?? stderrLog(options.logLevel ?? 'warn');
  const engine = await openEngine({ ...options, log });
  try {
    return await listen(engine, options, log);
  } catch (thrown) {
    await engine.close();
    throw thrown;
  }
}

function stderrLog(level: string): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

async function listen(engine: Engine, options: GatewayOptions, log: Log): Promise<Gateway> {
  const { file } = options;
  const { calls, ledger, policy, runtime, store } = engine;
  const operator = file.server.localOperator ? localOperator(runtime) : null;
  const links = linksFor(options, runtime);
  const sessions = createSessions(store.db, ledger, runtime, engine.keys.master);
  const policyNow = () => policy.current().policy;
  let url = '';
  const sessionParts: SessionParts = {
    sessions,
    policyNow,
    address: () => addressOf(url, policyNow().identity.publicUrl),
  };
  const signIns = createSignIns({
    policy: policyNow,
    address: sessionParts.address,
    box: stateBox(engine.keys.master, runtime),
    runtime,
    log,
  });
  const fromOutside = accessTokens({ policy: policyNow, keys: issuerKeys(runtime), runtime, log });
  const tokens = localTokens(store.db, ledger, runtime, policyNow);
  const closing = new AbortController();
  const reload = async (by: string): Promise<PolicyView> => {
    if (options.load === undefined)
      throw new CountersignError('config_invalid', {
        what: 'this gateway was started without a file to reload',
      });
    return policy.load(options.load, by);
  };
  const parts: Parts = {
    calls,
    streams: new EventStreams(engine.feed, runtime, closing.signal),
    parkedRuns: new ParkedRuns(store.db, ledger, runtime),
    tokens,
    ledger,
    policy: { view: () => policy.view(), reload },
    policyNow,
    connections: () =>
      [...policy.current().connections.values()].map(({ config }) => ({
        name: config.name,
        protocol: config.protocol,
      })),
    ready: async () => {
      if (closing.signal.aborted) throw new CountersignError('shutting_down');
      await sql`select 1`.execute(store.db);
    },
    log,
  };
  const routes: Route[] = [
    ...callRoutes(parts),
    ...runRoutes(parts),
    ...approvalRoutes(parts),
    ...recordRoutes(parts),
    ...operatorRoutes(parts),
    ...sessionRoutes(sessionParts),
    ...accessRoutes(sessionParts, createRevoke(store.db, ledger, [sessions, tokens])),
    ...signInRoutes({ ...sessionParts, signIns, fresh: createFreshSignIns(calls, sessions, policyNow) }),
    ...(links === null ? [] : demoRoutes(sessionParts, links)),
    ...(options.console === undefined ? [] : consoleRoutes(options.console)),
  ];
  routes.push(...healthRoutes(parts, () => routes));
  const server = await createServer({
    routes,
    identity: {
      verifier: anyOf(tokens, ...(operator === null ? [] : [operator]), fromOutside),
      sessions,
      policy: policyNow,
      address: sessionParts.address,
    },
    log,
    rateLimits: { ...defaultRateLimits, ...options.rateLimits },
    tls: file.server.tls,
    closing: closing.signal,
  });
  const { host, port } = options.listen ?? file.server.listen;
  try {
    await server.listen({ host, port });
  } catch (cause) {
    throw new CountersignError(
      'config_invalid',
      {
        what: `${host}:${port} ${isInUse(cause) ? 'is in use' : "can't be listened on"}`,
        expected: 'a free address of this machine (server.listen)',
      },
      { cause },
    );
  }
  const { port: bound } = server.server.address() as AddressInfo;
  url = `${file.server.tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  engine.announce(() => policyNow().identity.publicUrl ?? url);
  const note =
    options.store === 'memory'
      ? null
      : writeNote(file.server.data, { url, operator_token: operator?.token ?? null, pid: process.pid });
  return {
    url,
    operatorToken: operator?.token ?? null,
    engine,
    tokens,
    reload,
    signInLink: (account) => {
      if (links === null)
        throw new CountersignError('config_invalid', { what: 'this gateway makes no sign-in links' });
      return `${url}/auth/demo#${links.make(account)}`;
    },
    close: async () => {
      // Long polls answer with what they know; new work is refused; what runs gets its moment before the sockets go.
      closing.abort();
      note?.remove();
      await engine.drain();
      await server.close();
      await engine.close();
    },
  };
}

/** Who can reach a gateway from elsewhere must not be able to try codes. */
function linksFor(
  { file, listen, signInLinks: wanted = false }: GatewayOptions,
  runtime: Runtime,
): SignInLinks | null {
  if (!wanted) return null;
  const { host } = listen ?? file.server.listen;
  if (file.server.tls === null && ['127.0.0.1', '::1', 'localhost'].includes(host))
    return signInLinks(runtime);
  throw new CountersignError('config_invalid', {
    what: `sign-in links on ${host}`,
    expected: '127.0.0.1 and plain http: they are for a demo',
  });
}

const isInUse = (fault: unknown): boolean =>
  fault instanceof Error && (fault as NodeJS.ErrnoException).code === 'EADDRINUSE';

/** `gateway.json`: who can read it can become anyone, so it is 0600, and made anew at each start. */
function writeNote(
  folder: string,
  note: { url: string; operator_token: string | null; pid: number },
): { remove(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'gateway.json');
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(note)}\n`, { mode: 0o600, flag: 'wx' });
  return { remove: () => rmSync(path, { force: true }) };
}
