/** The kubectl of this machine, and as whom it runs: never as the gateway, unless the connection says so. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { asCountersignError, CountersignError } from '@countersign/core';

export interface Program {
  /** Absolute. */
  readonly path: string;
  /** Null for the gateway's own user. */
  readonly user: User | null;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Where this process runs, as far as it tells of kubectl. */
export interface Machine {
  readonly path: string;
  readonly isRoot: boolean;
  /** The user that has nothing; null where there is none. */
  readonly nobody: User | null;
}

export const ownMachine = (): Machine => ({
  path: process.env['PATH'] ?? '',
  isRoot: process.getuid?.() === 0,
  nobody: nobodyOf('/etc/passwd'),
});

/** @throws {CountersignError} `not_supported` where kubectl is missing, or can't be confined. */
export function findProgram(unconfined: boolean, machine: Machine = ownMachine()): Program {
  const path = kubectlIn(machine.path);
  if (path === null) throw new CountersignError('not_supported', { what: missing });
  if (machine.isRoot && machine.nobody !== null) return { path, user: machine.nobody };
  if (!unconfined) throw new CountersignError('not_supported', { what: notConfined });
  return { path, user: null };
}

/** Why no kubectl can run here; null where one can. */
export function whyNot(unconfined: boolean): string | null {
  try {
    findProgram(unconfined);
    return null;
  } catch (thrown) {
    return asCountersignError(thrown).details.what ?? missing;
  }
}

/** What is said at the start, by `doctor`, and to who calls. */
export const missing = 'kubectl is not on the PATH of the gateway';
export const notConfined =
  'kubectl can’t run as another user here: the gateway is not root, and the connection does not say "unconfined: true"';

function kubectlIn(path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'kubectl');
    if (!isAbsolute(folder)) continue;
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  return null;
}

function nobodyOf(file: string): User | null {
  try {
    const line = /^nobody:[^:]*:(-?[0-9]+):(-?[0-9]+):/m.exec(readFileSync(file, 'utf8'));
    return line === null ? null : { uid: Number(line[1]), gid: Number(line[2]) };
  } catch {
    return null;
  }
}
