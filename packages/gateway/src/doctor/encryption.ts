/** Whether what travels to a server can be read, or answered, by somebody else. */
import { type Finding, fine, warning } from '@countersign/core';
import type { WayThere } from '../connections/way-there.ts';

export interface Way extends WayThere {
  /** Which login travels it. */
  readonly label: string;
}

/** Of all ways, the worst. @param name Of the finding: `target.tls`, `store.tls`. */
export function encryption(name: string, ways: readonly Way[]): Finding {
  const remote = ways.filter((way) => way.remote);
  if (remote.length === 0) return fine(name, 'the way there does not leave this machine');
  const plain = remote.filter((way) => way.encryption === 'none');
  if (plain.length > 0)
    return warning(
      name,
      `${labels(plain)}: the connection is not encrypted, and leaves this machine`,
      'Add sslmode=verify-full to the URL, and sslrootcert=FILE where the CA is your own.',
    );
  const unverified = remote.filter((way) => way.encryption === 'unverified');
  if (unverified.length > 0)
    return warning(
      name,
      `${labels(unverified)}: the connection is encrypted, but nobody checks whose server answers`,
      'Use sslmode=verify-full in the URL, with sslrootcert=FILE where the CA is your own.',
    );
  return fine(name, 'the connection is encrypted, and the server’s certificate is checked');
}

const labels = (ways: readonly Way[]) => ways.map(({ label }) => label).join(', ');
