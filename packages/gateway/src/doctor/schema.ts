/** Whether the store's schema is the one that this version writes. */
import { type Finding, fine, problem } from '@countersign/core';
import type { SchemaVersion } from '../store/schema-version.ts';

export function reviewSchema({ found, known }: SchemaVersion): Finding {
  const name = 'store.schema';
  if (found === known) return fine(name, `its schema is up to date (${known})`);
  if (found > known)
    return problem(
      name,
      `its schema (${found}) was written by a newer version; this one knows ${known}`,
      'Use the newer version: schemas only go forward.',
    );
  if (found === 0) return fine(name, 'it is empty; the first start sets it up');
  return fine(name, `its schema is ${found}; the next start brings it to ${known}. Back it up before`);
}
