/** The packages as they would be published: a clean copy of their sources is built and packed, and read back. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPnpm, runTool } from './run-tool.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What is read of a `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface PackedPackage {
  readonly name: string;
  /** Its folder under `packages/`. */
  readonly room: string;
  readonly tarball: string;
  /** Where its content is, unpacked. */
  readonly folder: string;
  /** What it holds, sorted. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Builds and packs every package that is published. `folder` is empty; everything is made in it. */
export async function packPackages(folder: string): Promise<readonly PackedPackage[]> {
  const workspace = join(folder, 'workspace');
  await copyWorkspace(workspace);
  const all = await Promise.all(
    (await readdir(join(workspace, 'packages'))).map(async (room) => ({
      room,
      manifest: await readManifest(join(workspace, 'packages', room)),
    })),
  );
  const published = all.filter(({ manifest }) => manifest.private !== true);
  const projects = published.map(({ room }) => `packages/${room}`);
  // What is published is emitted, not judged once more: an application type-checks the declarations, `check` the sources.
  const emit = ['--noCheck', '--singleThreaded'];
  await runTool(join(root, 'node_modules/.bin/tsc'), ['-b', ...emit, ...projects], { cwd: workspace });
  await runPnpm(['--recursive', 'pack', '--pack-destination', join(folder, 'tarballs')], workspace);
  return Promise.all(
    published.map(async ({ room, manifest }) => {
      const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
      const tarball = join(folder, 'tarballs', file);
      const unpacked = join(folder, 'unpacked', room);
      await mkdir(unpacked, { recursive: true });
      await runTool('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components', '1'], { cwd: folder });
      return {
        name: manifest.name,
        room,
        tarball,
        folder: unpacked,
        files: await filesUnder(unpacked),
        manifest: await readManifest(unpacked),
      };
    }),
  );
}

/** What a clone holds and a build needs, without what an earlier build left; third-party packages are the workspace's own. */
async function copyWorkspace(workspace: string): Promise<void> {
  const made = /^dist$|\.tsbuildinfo$/;
  const copy = (path: string) =>
    cp(join(root, path), join(workspace, path), {
      recursive: true,
      // Links between packages lead to the copies.
      verbatimSymlinks: true,
      filter: (source) => !made.test(basename(source)),
    });
  await mkdir(workspace);
  for (const path of ['packages', 'examples/shop', 'tsconfig.base.json', 'LICENSE']) await copy(path);
  await writeFile(join(workspace, 'pnpm-workspace.yaml'), 'packages: [packages/*]\n');
  await symlink(join(root, 'node_modules'), join(workspace, 'node_modules'));
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
