/**
 * The way to the origin of an `http` connection, and to nowhere else. A name is looked up when a socket is opened, and
 * the address that was checked is the one the socket goes to: there is no second look-up that could lead elsewhere.
 */
import { lookup as systemLookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { CountersignError } from '@countersign/core';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import type { Runtime } from '../runtime/runtime.ts';
import { mayReach } from './http-addresses.ts';
import { type Credential, credentialOf } from './http-credential.ts';
import { unreachable } from './http-fault.ts';
import type { HttpSettings } from './http-settings.ts';

export interface Outgoing {
  readonly method: string;
  /** Path and query, the base path included. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

export interface Incoming {
  readonly status: number;
  /** As they came, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  /** Has to be read to its end, or destroyed. */
  readonly body: Readable;
}

export interface HttpConnection {
  /** What the gateway proves itself with. @throws {CountersignError} `target_unavailable` where it can't be had. */
  credential(signal: AbortSignal): Promise<Credential>;
  /** Makes the next call fetch a new credential, where it is one that ends. */
  forgetCredential(): void;
  /**
   * Sends a request that changes nothing, over a kept connection.
   *
   * @throws {CountersignError} `target_unavailable`, `address_refused`; the signal's reason.
   */
  read(request: Outgoing, signal: AbortSignal): Promise<Incoming>;
  /**
   * Sends a request over a connection of its own, which ends with it.
   *
   * @param connected Called before the first byte of the request can have been sent.
   * @throws {CountersignError} as `read`.
   */
  write(request: Outgoing, signal: AbortSignal, connected: () => void): Promise<Incoming>;
  /** Opens a connection, and closes it. @throws {CountersignError} as `read`. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Where it leads, what the gateway proves itself with there, and which addresses beside the public ones it may go to. */
export type WayThere = Pick<HttpSettings, 'origin' | 'auth' | 'allowed'>;

/** Milliseconds to open a socket, TLS included. */
const connectMs = 10_000;
const keptConnections = 64;
const maxHeaderBytes = 64 * 1024;

/** @param lookup Resolves names; a test gives its own. */
export function httpConnection(
  settings: WayThere,
  runtime: Runtime,
  lookup: LookupFunction = systemLookup,
): HttpConnection {
  const { origin, auth } = settings;
  const ways = new Map<string, Promise<buildConnector.connector>>();

  /** The connector for an origin: one that checks addresses, and has the certificate where it is the connection's own. */
  function wayTo(to: URL, own: boolean): Promise<buildConnector.connector> {
    const key = `${own} ${to.origin}`;
    const way = ways.get(key) ?? makeConnector(to, own);
    ways.set(key, way);
    way.catch(() => ways.delete(key));
    return way;
  }

  async function makeConnector(to: URL, own: boolean): Promise<buildConnector.connector> {
    const certificate = own && auth.kind === 'mtls' ? await readCertificate(auth) : {};
    const build = buildConnector({
      ...certificate,
      lookup: checkedLookup(lookup, settings),
      allowH2: false,
      timeout: connectMs,
      port: 0,
    });
    const host = to.hostname.replace(/^\[(.*)\]$/, '$1');
    return (options, done) => {
      if (isIP(host) !== 0 && !mayReach(host, settings.allowed)) done(refused(), null);
      else build(options, done);
    };
  }

  const options = {
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
  } as const;

  let pool: Promise<Pool> | undefined;
  const makePool = async () =>
    new Pool(origin.origin, { ...options, connections: keptConnections, connect: await wayTo(origin, true) });

  async function alone(
    to: URL,
    own: boolean,
    request: Outgoing,
    signal: AbortSignal,
    connected: () => void = () => undefined,
  ): Promise<Incoming> {
    const connector = await wayTo(to, own);
    const client = new Client(to.origin, {
      ...options,
      connect: (where, done) =>
        connector(where, (...outcome) => {
          if (outcome[0] === null) {
            if (signal.aborted) {
              outcome[1].destroy();
              done(signal.reason as Error, null);
              return;
            }
            connected();
          }
          done(...outcome);
        }),
    });
    const end = () => void client.destroy().catch(() => undefined);
    try {
      const incoming = await dispatch(client, request, signal);
      incoming.body.once('close', end);
      return incoming;
    } catch (thrown) {
      end();
      throw thrown;
    }
  }

  const credential = credentialOf(settings, runtime, (to, request, signal) =>
    alone(to, false, request, signal),
  );

  return {
    credential: (signal) => credential.current(signal),
    forgetCredential: () => credential.forget(),
    read: async (request, signal) => {
      pool ??= makePool();
      pool.catch(() => (pool = undefined));
      return dispatch(await pool, request, signal);
    },
    write: (request, signal, connected) => alone(origin, true, request, signal, connected),
    probe: async (signal) => {
      const connector = await wayTo(origin, true);
      const { hostname, host, protocol, port } = origin;
      const bare = hostname.replace(/^\[(.*)\]$/, '$1');
      await new Promise<void>((resolve, reject) => {
        const stop = () => reject(signal.reason as Error);
        signal.addEventListener('abort', stop, { once: true });
        connector({ hostname: bare, host, protocol, port }, (...[fault, socket]) => {
          signal.removeEventListener('abort', stop);
          socket?.destroy();
          if (fault === null) resolve();
          else reject(unreachable(fault));
        });
      });
    },
    close: async () => {
      await pool?.then((made) => made.destroy()).catch(() => undefined);
      pool = undefined;
    },
  };
}

async function dispatch(
  dispatcher: Dispatcher,
  { method, path, headers, body }: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  try {
    const answer = await dispatcher.request({
      method,
      path,
      headers: headers.flat(),
      body,
      signal,
      responseHeaders: 'raw',
      // Only what is known to have changed nothing is ever sent a second time, and that is decided elsewhere.
      idempotent: false,
      blocking: true,
    });
    // Whoever reads it hears of its faults; one that is ended unread has nobody to hear of that.
    answer.body.on('error', () => undefined);
    const raw = answer.headers as unknown as readonly (string | Uint8Array)[];
    return { status: answer.statusCode, headers: pairsOf(raw), body: answer.body };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw unreachable(thrown);
  }
}

function pairsOf(raw: readonly (string | Uint8Array)[]): Incoming['headers'] {
  const text = (part: string | Uint8Array | undefined) =>
    typeof part === 'string' ? part : Buffer.from(part ?? []).toString('latin1');
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([text(raw[at]).toLowerCase(), text(raw[at + 1])]);
  return pairs;
}

/** A look-up whose answer is used only where all of its addresses may be reached: a mixed answer is a trick. */
function checkedLookup(lookup: LookupFunction, { allowed }: WayThere): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (fault, found) => {
      if (fault !== null) return done(fault, []);
      const addresses = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      if (addresses.length === 0 || !addresses.every(({ address }) => mayReach(address, allowed)))
        return done(refused(), []);
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      return done(null, first?.address ?? '', first?.family);
    });
  };
}

const refused = () => new CountersignError('address_refused') as Error;

async function readCertificate({ cert, key, ca }: { cert: string; key: string; ca: string | null }) {
  const read = (file: string) =>
    readFile(file).catch(() => {
      throw new CountersignError('target_unavailable', { what: 'a certificate file can’t be read' });
    });
  const [own, secret, authority] = await Promise.all([read(cert), read(key), ca === null ? null : read(ca)]);
  return { cert: own, key: secret, ...(authority === null ? {} : { ca: authority }) };
}
