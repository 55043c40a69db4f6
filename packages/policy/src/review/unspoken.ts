/** Connections that no rule lets anyone use. */
import { type Finding, warning } from '@countersign/core';
import { matchesConnection } from '../decide/compiled-scope.ts';
import type { LoadedFile } from '../policy.ts';

/** In the order of the file. */
export function unspokenConnections({ policy, connections }: LoadedFile): readonly Finding[] {
  return [...connections.values()].flatMap((connection) => {
    const speaking = policy.rules.filter((rule) => matchesConnection(rule, connection));
    if (speaking.some(({ then }) => then.verdict !== 'deny')) return [];
    const what =
      speaking.length === 0
        ? `no rule speaks of ${connection.name}`
        : `the rules that speak of ${connection.name} only deny`;
    return [
      warning(
        'connection.rules',
        `${what}, so every call on it is denied`,
        `Write a rule for it, or remove it from "connections".`,
      ),
    ];
  });
}
