/** The console's files: as they were built into the package, or, in a checkout, built from the pages beside this one. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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

async function build(): Promise<ReadonlyMap<string, ConsoleFile>> {
  const { build: viteBuild } = await import('vite');
  const web = fileURLToPath(new URL('../web/', import.meta.url));
  const made = await viteBuild({
    root: web,
    configFile: join(web, 'vite.config.js'),
    logLevel: 'silent',
    build: { write: false },
  });
  const found = new Map<string, ConsoleFile>();
  for (const result of Array.isArray(made) ? made : [made]) {
    if (!('output' in result)) throw new Error('the console was not built');
    for (const item of result.output)
      found.set(
        item.fileName,
        file(item.fileName, Buffer.from(item.type === 'chunk' ? item.code : item.source)),
      );
  }
  return found;
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
