/** Whether a gateway runs on the data folder of the file, and can decide. */
import { createClient } from '@countersign/client';
import { type Finding, fine, problem } from '@countersign/core';
import { inspectNote } from '@countersign/gateway';
import { aliveGateway } from '../reach-gateway.ts';

export interface GatewayLook {
  readonly alive: boolean;
  readonly findings: readonly Finding[];
}

/** Milliseconds that the gateway's answer may take. */
const withinMs = 5000;

export async function lookAtGateway(data: string, signal: AbortSignal): Promise<GatewayLook> {
  const [found, note] = await Promise.all([aliveOrNull(data, signal), inspectNote(data)]);
  const noted = note === null ? [] : [note];
  if (found === null)
    return {
      alive: false,
      findings: [
        fine(
          'gateway.alive',
          note === null
            ? 'none runs on this data folder'
            : 'none answers; the gateway.json of an earlier one is replaced at the next start',
        ),
        ...noted,
      ],
    };
  const ready = await createClient({ url: found.url, timeoutMs: withinMs }).isReady({ signal });
  const readiness = ready
    ? fine('gateway.ready', 'it is ready: its store answers')
    : problem(
        'gateway.ready',
        'it is not ready: it can’t decide, and denies every call',
        'See its log: the store does not answer, or the gateway is shutting down.',
      );
  return { alive: true, findings: [fine('gateway.alive', `one runs at ${found.url}`), readiness, ...noted] };
}

/** A note that names an address no command would talk to is no gateway's. */
async function aliveOrNull(data: string, signal: AbortSignal) {
  try {
    return await aliveGateway(data, signal);
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
