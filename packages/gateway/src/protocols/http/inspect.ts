/** Looks at an `http` connection as a careful operator would: whether it can be reached, and how it travels. */
import { asCountersignError, type Finding, fine, problem, warning } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { httpConnection } from '../../connections/http-connection.ts';
import { type HttpSettings, readHttpSettings } from '../../connections/http-settings.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { within } from '../../runtime/within.ts';
import type { Inspection } from '../protocol.ts';

/** Milliseconds for all of it. */
const withinMs = 5000;

/** As {@link Protocol.inspect}. Sends no request: a socket is opened, and a token fetched where that is needed. */
export async function inspect(
  config: ConnectionConfig,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Inspection> {
  const settings = readHttpSettings(config);
  const connection = httpConnection(settings, runtime);
  const findings: Finding[] = [];
  try {
    await within(runtime, withinMs, async (late) => {
      const until = AbortSignal.any([late, signal]);
      await connection.probe(until);
      await connection.credential(until);
    });
    findings.push(fine('target.reachable', 'reached'));
  } catch (thrown) {
    signal.throwIfAborted();
    findings.push(unreached(thrown));
  } finally {
    await connection.close();
  }
  findings.push(travels(settings));
  return { findings, columns: null, wallReads: null };
}

function unreached(thrown: unknown): Finding {
  const { code, details } = asCountersignError(thrown);
  if (code === 'address_refused')
    return problem(
      'target.reachable',
      'its name leads to an address that is not public',
      'Where that is right, list the address under allow_addresses.',
    );
  const why = code === 'target_unavailable' ? (details.what ?? code) : 'no answer within five seconds';
  return problem(
    'target.reachable',
    `it can’t be reached (${why})`,
    'Look at base_url, and whether the server is up.',
  );
}

function travels({ origin }: HttpSettings): Finding {
  if (origin.protocol === 'https:')
    return fine('target.tls', 'the connection is encrypted, and the server’s certificate is checked');
  if (/^(?:localhost|127\.[0-9.]+|\[::1\])$/.test(origin.hostname))
    return fine('target.tls', 'the way there does not leave this machine');
  return warning('target.tls', 'the connection is not encrypted', 'Use https:// in base_url.');
}
