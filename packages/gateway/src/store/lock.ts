/**
 * The lock on a data folder. PGlite takes none, and two processes on one folder destroy it.
 *
 * It is an exclusive transaction on a small SQLite file: the operating system lets go of it when the process dies,
 * however it dies, so there is no stale lock to clean up and no process id to mistake for another's.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CountersignError } from '@countersign/core';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the folder, which is made (mode 0700) where it does not exist.
 *
 * @throws {CountersignError} `data_locked` while another process, or another gateway of this one, holds it.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  const database = new DatabaseSync(file, { timeout: 0 });
  chmodSync(file, 0o600);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new CountersignError(
      'data_locked',
      {
        what: folder,
        expected: 'one gateway at a time; stop the other one, or give this one its own folder (server.data)',
      },
      { cause },
    );
  }
  return { release: () => database.close() };
}
