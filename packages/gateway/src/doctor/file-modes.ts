/** Whether a file or folder is there, and closed to everyone else. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { type Finding, fine, problem } from '@countersign/core';

export interface Private {
  /** Of the finding: `store.folder`, `keys.file`. */
  readonly name: string;
  readonly path: string;
  /** `the data folder` */
  readonly what: string;
  /** What a missing one means. */
  readonly missing: Finding;
}

/** Looks at a path that is for its own user only. */
export async function privateTo({ name, path, what, missing }: Private): Promise<Finding> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return missing;
    return problem(name, `${what} ${path} can’t be looked at`, 'Run this as the user that runs the gateway.');
  }
  const wanted = found.isDirectory() ? '700' : '600';
  if ((found.mode & 0o077) !== 0)
    return problem(
      name,
      `other users of this machine may use ${what} ${path} (mode 0${(found.mode & 0o777).toString(8)})`,
      `chmod ${wanted} ${path}`,
    );
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch {
    return problem(
      name,
      `${what} ${path} belongs to another user`,
      'Run this as the user that runs the gateway.',
    );
  }
  return fine(name, `${what} ${path} is closed to other users (mode 0${wanted})`);
}
