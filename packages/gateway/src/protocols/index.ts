/** The protocols this gateway speaks, by name. */
import type { ProtocolName } from '@countersign/core';
import { http } from './http/index.ts';
import { kubernetes } from './kubernetes/index.ts';
import { postgres } from './postgres/index.ts';
import type { Protocol } from './protocol.ts';

export const protocols: ReadonlyMap<ProtocolName, Protocol> = new Map(
  [postgres, http, kubernetes].map((protocol) => [protocol.name, protocol]),
);
