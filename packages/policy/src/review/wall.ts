/** Whether the wall login of a connection is kept from the columns that masks hide: that is what it is for. */
import { type Finding, fine, type Resource, warning } from '@countersign/core';
import { matchesConnection } from '../decide/compiled-scope.ts';
import { compilePattern } from '../decide/pattern.ts';
import type { LoadedFile } from '../policy.ts';

/** Names that a finding lists before it counts. */
const listed = 3;

/**
 * Compares what each wall login can read with what masks hide.
 *
 * @param wallReads By connection with a wall login, the columns that it can read.
 * @returns a finding for each of these connections that has masks by column.
 */
export function reviewWalls(
  { policy, connections }: LoadedFile,
  wallReads: ReadonlyMap<string, ReadonlySet<Resource>>,
): readonly Finding[] {
  return [...wallReads].flatMap(([name, readable]) => {
    const connection = connections.get(name);
    if (connection === undefined) return [];
    const patterns = policy.masks
      .filter((mask) => matchesConnection(mask, connection))
      .flatMap((mask) => (mask.columns ?? []).map((written) => compilePattern('column', written)));
    if (patterns.length === 0) return [];
    const open = [...readable].filter((column) => patterns.some((pattern) => pattern.matches(column)));
    if (open.length === 0) return [fine('login.wall', `${name}: the wall can’t read what masks hide`)];
    const names = open.slice(0, listed).map((column) => column.slice('column:'.length));
    const more = open.length > listed ? ` and ${open.length - listed} more` : '';
    return [
      warning(
        'login.wall',
        `${name}: the wall login can read ${names.join(', ')}${more}, which masks hide`,
        'REVOKE SELECT on the table from it, and GRANT SELECT (…) on the other columns.',
      ),
    ];
  });
}
