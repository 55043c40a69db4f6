/** The server: its version, whether it takes writes, and who stands between. */
import { type Finding, fine, problem, warning } from '@countersign/core';
import { isSupportedMajor, supportedMajors } from '@countersign/postgres';
import type { SessionFacts } from './session-facts.ts';

const range = `${supportedMajors[0]} to ${supportedMajors.at(-1)}`;

/** @param facts Of the login that writes. */
export function serverVersion({ version, release }: SessionFacts): Finding {
  const major = Math.floor(version / 10_000);
  const [number] = release.split(' ');
  if (isSupportedMajor(major)) return fine('target.version', `PostgreSQL ${number}`);
  return problem(
    'target.version',
    `PostgreSQL ${number} is not supported: every call is denied`,
    `Use a server of version ${range}.`,
  );
}

/** @param facts Of the login that writes. */
export function takesWrites({ standby }: SessionFacts): readonly Finding[] {
  if (!standby) return [];
  return [
    warning(
      'target.standby',
      'the server is a standby: every write fails there',
      'Name the primary, or let rules on this connection allow reads only.',
    ),
  ];
}

/** A pooler answers the login itself, so the process that it names is not the one that runs the statements. */
export function talksDirectly({ direct }: SessionFacts): readonly Finding[] {
  if (direct) return [];
  return [
    warning(
      'target.pooler',
      'a pooler seems to stand between the gateway and the server',
      'Connect to the server itself: the gateway has its own pool, and cancels and recovers by the server’s own processes.',
    ),
  ];
}
