/** Makes the connections of a policy file ready, without reaching a target. */
import { CountersignError, type ProtocolName } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { Protocol, Target } from '../protocols/protocol.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Connected } from './room.ts';

export interface ConnectParts {
  readonly protocols: ReadonlyMap<ProtocolName, Pick<Protocol, 'connect'>>;
  readonly runtime: Runtime;
}

/**
 * A connection whose configuration did not change is kept, with what it has open.
 *
 * @throws {CountersignError} `config_invalid` where a configuration can't work.
 */
export function connectAll(
  { protocols, runtime }: ConnectParts,
  file: LoadedFile,
  before: ReadonlyMap<string, Connected> = new Map(),
): ReadonlyMap<string, Connected> {
  const connections = new Map<string, Connected>();
  for (const [name, config] of file.connections) {
    const kept = before.get(name);
    if (kept !== undefined && JSON.stringify(kept.config) === JSON.stringify(config))
      connections.set(name, kept);
    else {
      const target = protocols.get(config.protocol)?.connect(config, runtime) ?? unspoken(config.protocol);
      connections.set(name, { config, target });
    }
  }
  return connections;
}

/** Of a protocol that this gateway does not speak: every call is denied, and nothing else suffers from it. */
function unspoken(protocol: ProtocolName): Target {
  const refuse = (): never => {
    throw new CountersignError('not_supported', { what: `${protocol} connections` });
  };
  return {
    parse: refuse,
    analyse: async () => refuse(),
    preview: async () => refuse(),
    previewReachesTarget: () => false,
    execute: async () => ({ outcome: 'failed', code: 'not_supported', ran: 'no', message: null }),
    recover: async () => ({ outcome: 'unknown', ran: null }),
    ping: async () => refuse(),
    close: async () => undefined,
  };
}
