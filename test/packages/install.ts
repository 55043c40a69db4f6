/**
 * An application that installs the packed packages. Nothing is asked of the registry: its lockfile names the tarballs,
 * and for everything else exactly what the workspace's lockfile names, which the workspace's own install has put into
 * the store.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type PackedPackage, root } from './packed.ts';
import { runPnpm } from './run-tool.ts';

interface Resolved {
  readonly specifier: string;
  readonly version: string;
}

interface Importer {
  readonly dependencies?: Readonly<Record<string, Resolved>>;
  readonly devDependencies?: Readonly<Record<string, Resolved>>;
}

interface Lockfile {
  readonly lockfileVersion: string;
  readonly settings: object;
  readonly importers: Readonly<Record<string, Importer>>;
  readonly packages: Readonly<Record<string, object>>;
  readonly snapshots: Readonly<Record<string, object>>;
}

/** Makes the folder, and installs into it every packed package, with what an application that uses them has itself. */
export async function installApplication(folder: string, packed: readonly PackedPackage[]): Promise<void> {
  const lock = parse(await readFile(join(root, 'pnpm-lock.yaml'), 'utf8')) as Lockfile;
  const own = {
    ...pick(lock.importers['examples/shop'], ['@openai/agents', 'zod']),
    ...pick(lock.importers['packages/gateway'], ['pg', '@types/pg']),
    ...pick(lock.importers['.'], ['@types/node']),
  };
  const peers = pick(lock.importers['examples/shop'], ['@openai/agents']);
  const tarballs = new Map(packed.map((one) => [one.name, lockedTarball(one, peers)]));
  const dependencies: Record<string, Resolved> = { ...own };
  const packages: Record<string, object> = { ...lock.packages };
  const snapshots: Record<string, object> = { ...lock.snapshots };
  for (const { name, room, tarball, manifest } of packed) {
    const { specifier, version } = tarballs.get(name) as Resolved;
    dependencies[name] = { specifier, version };
    packages[`${name}@${specifier}`] = {
      resolution: { integrity: integrityOf(await readFile(tarball)), tarball: specifier },
      version: manifest.version,
      ...(manifest.bin === undefined ? {} : { hasBin: true }),
      ...(manifest.peerDependencies === undefined ? {} : { peerDependencies: manifest.peerDependencies }),
    };
    const locked = lock.importers[`packages/${room}`]?.dependencies ?? {};
    const needed = Object.keys(manifest.dependencies ?? {}).map((dependency) => [
      dependency,
      tarballs.get(dependency)?.version ?? locked[dependency]?.version,
    ]);
    const peered = Object.keys(manifest.peerDependencies ?? {}).map((peer) => [peer, peers[peer]?.version]);
    snapshots[`${name}@${version}`] = { dependencies: Object.fromEntries([...needed, ...peered]) as object };
  }
  const { lockfileVersion, settings } = lock;
  const written = { lockfileVersion, settings, importers: { '.': { dependencies } }, packages, snapshots };
  const specifiers = Object.entries(dependencies).map(([name, { specifier }]) => [name, specifier]);
  const workspace = parse(await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8')) as object;
  const allowBuilds = 'allowBuilds' in workspace ? workspace.allowBuilds : {};
  await mkdir(folder);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: Object.fromEntries(specifiers) as object }),
  );
  // JSON is YAML. The workspace's install has checked every entry that is not a tarball of ours.
  await writeFile(join(folder, 'pnpm-lock.yaml'), JSON.stringify(written));
  await writeFile(
    join(folder, 'pnpm-workspace.yaml'),
    JSON.stringify({ allowBuilds, trustLockfile: true, engineStrict: true, strictPeerDependencies: true }),
  );
  await runPnpm(['install', '--frozen-lockfile', '--offline', '--store-dir', await storeFolder()], folder);
}

function pick(importer: Importer | undefined, names: readonly string[]): Record<string, Resolved> {
  const all = { ...importer?.dependencies, ...importer?.devDependencies };
  return Object.fromEntries(
    names.map((name) => {
      const found = all[name];
      if (found === undefined) throw new Error(`the lockfile has no ${name} where it is looked for`);
      return [name, found];
    }),
  );
}

/** A tarball as a lockfile names it: with the peers that it gets. */
function lockedTarball(
  { tarball, manifest }: PackedPackage,
  peers: Readonly<Record<string, Resolved>>,
): Resolved {
  const specifier = `file:${tarball}`;
  const given = Object.keys(manifest.peerDependencies ?? {}).map(
    (name) => `(${name}@${peers[name]?.version})`,
  );
  return { specifier, version: specifier + given.join('') };
}

function integrityOf(content: Uint8Array): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}

/** The workspace's own store: a folder on another disk would get an empty one. */
async function storeFolder(): Promise<string> {
  return (await runPnpm(['store', 'path'], root)).trim();
}
