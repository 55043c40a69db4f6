/** The console's files: as they were built into the package, or, in a checkout, built from the pages beside this one. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** One file of the console. */
export interface ConsoleFile {
  /** As a browser should take it: `text/css; charset=utf-8`. */
  readonly type: string;
  readonly body: Buffer;
  /** Whether its name changes with its content, so that it may be kept for ever. */
  readonly immutable: boolean;
}

const built = fileURLToPath(new URL('./site/', import.meta.url));

let files: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;

/**
 * The files by path, as in `assets/index-B7xk.js`; `index.html` is the page. Made at the first use and kept. In a
 * checkout that takes Vite a fraction of a second.
 *
 * @throws {Error} where they are missing or do not build.
 */
export function consoleFiles(): Promise<ReadonlyMap<string, ConsoleFile>> {
  files ??= existsSync(built) ? read(built) : build();
  return files;
}

async function read(folder: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const found = new Map<string, ConsoleFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    found.set(name, file(name, await readFile(path)));
  }
  return found;
}

/** Vite works in a process of its own: the caller's may be anything, a test runner's context too. */
async function build(): Promise<ReadonlyMap<string, ConsoleFile>> {
  const web = fileURLToPath(new URL('../web/', import.meta.url));
  const vite = createRequire(import.meta.url).resolve('vite/package.json');
  const folder = await mkdtemp(join(tmpdir(), 'countersign-console-'));
  try {
    const command = [join(dirname(vite), 'bin/vite.js'), 'build', web, '--outDir', folder];
    await promisify(execFile)(process.execPath, [...command, '--config', join(web, 'vite.config.js')]);
    return await read(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const types: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['svg', 'image/svg+xml'],
]);

function file(name: string, body: Buffer): ConsoleFile {
  const type = types.get(name.slice(name.lastIndexOf('.') + 1)) ?? 'application/octet-stream';
  return { type, body, immutable: name.startsWith('assets/') };
}
