/** The logins of a PostgreSQL connection, from its settings: one `url` for everything, or up to three. */
import { CountersignError } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { Client } from 'pg';

/**
 * `wall` can reach no protected column and write nothing, `read` can write nothing, `write` can do what calls may.
 * They are separate logins, so that what the analysis might miss is refused by PostgreSQL itself.
 */
export type LoginName = 'wall' | 'read' | 'write';

export interface Logins {
  /** Where a login is not configured, the next stronger one stands in. Holds credentials. */
  readonly urls: Readonly<Record<LoginName, string>>;
  /** Whether a wall login of its own is configured. */
  readonly hasWall: boolean;
}

const example = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/**
 * Reads `url`, or `logins: {wall, read, write}`.
 *
 * @throws {CountersignError} `config_invalid`; names the key, never its value.
 */
export function readLogins({ name, settings }: ConnectionConfig): Logins {
  const { url, logins } = settings;
  const at = `connections.${name}`;
  if (url !== undefined && logins !== undefined) throw invalid(at, 'either url or logins, not both');
  if (logins === undefined) {
    const single = checkedUrl(url, `${at}.url`);
    return { urls: { wall: single, read: single, write: single }, hasWall: false };
  }
  if (typeof logins !== 'object' || logins === null) throw invalid(`${at}.logins`, 'wall, read and write');
  const given = new Map<string, unknown>(Object.entries(logins));
  const write = checkedUrl(given.get('write'), `${at}.logins.write`);
  const read = given.has('read') ? checkedUrl(given.get('read'), `${at}.logins.read`) : write;
  const hasWall = given.has('wall');
  const wall = hasWall ? checkedUrl(given.get('wall'), `${at}.logins.wall`) : read;
  return { urls: { wall, read, write }, hasWall };
}

/** The driver reads certificate files when it takes a URL, so a wrong one shows here and not at the first call. */
function checkedUrl(value: unknown, at: string): string {
  if (typeof value !== 'string' || !/^postgres(?:ql)?:\/\//.test(value)) throw invalid(at, example);
  try {
    void new Client({ connectionString: value });
  } catch {
    throw invalid(at, `${example}, with certificate files that can be read`);
  }
  return value;
}

const invalid = (what: string, expected: string) =>
  new CountersignError('config_invalid', { what, expected });
