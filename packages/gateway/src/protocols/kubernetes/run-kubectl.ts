/**
 * Runs kubectl: as another user, in an empty folder that is removed afterwards, with an environment that says nothing but
 * where that folder is, and a kubeconfig that leads to our endpoint and nowhere else.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Endpoint } from './endpoint.ts';
import type { KubectlCall } from './input.ts';
import type { Program } from './program.ts';

export interface KubectlRun {
  readonly program: Program;
  readonly call: KubectlCall;
  readonly endpoint: Pick<Endpoint, 'server' | 'caPem' | 'token'>;
  /** What is meant where the line says nothing. */
  readonly namespace: string;
  /** Whether it needs other programs: `diff` does. */
  readonly needsPrograms: boolean;
  /** Bytes of stdout, and of stderr, beyond which the rest is dropped. */
  readonly maxBytes: number;
  /** Ends it with all that it started. */
  readonly signal: AbortSignal;
}

export interface KubectlEnd {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly truncated: boolean;
  /** Null where it did not end by itself. */
  readonly exitCode: number | null;
}

/** Where programs of the system are, for the one command that needs one. */
const systemPath = '/usr/bin:/bin';

/** @throws what keeps it from being started. */
export async function runKubectl(run: KubectlRun): Promise<KubectlEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-kubectl-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(run)), { mode: 0o600 });
    const { user } = run.program;
    if (user !== null) for (const path of [folder, kubeconfig]) chownSync(path, user.uid, user.gid);
    return await finished(start(run, folder, kubeconfig), run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(
  { program, call, needsPrograms }: KubectlRun,
  folder: string,
  kubeconfig: string,
): ChildProcess {
  return spawn(program.path, call.argv, {
    cwd: folder,
    env: {
      HOME: folder,
      TMPDIR: folder,
      KUBECONFIG: kubeconfig,
      ...(needsPrograms ? { PATH: systemPath } : {}),
    },
    // A group of its own, to be ended as one.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(program.user === null ? {} : program.user),
  });
}

/** JSON is YAML. */
const kubeconfigOf = ({ endpoint: { server, caPem, token }, namespace }: KubectlRun) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'gateway',
      cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
    },
  ],
  users: [{ name: 'call', user: { token } }],
  contexts: [{ name: 'call', context: { cluster: 'gateway', user: 'call', namespace } }],
  'current-context': 'call',
});

function finished(child: ChildProcess, { call, maxBytes, signal }: KubectlRun): Promise<KubectlEnd> {
  const out = new Kept(maxBytes);
  const err = new Kept(maxBytes);
  child.stdout?.on('data', (chunk: Buffer) => out.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.add(chunk));
  // Whoever does not read its stdin closes it.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(call.stdin ?? '');
  const end = () => killGroup(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', end);
    child.once('close', (exitCode) => {
      signal.removeEventListener('abort', end);
      resolve({ stdout: out.bytes(), stderr: err.bytes(), truncated: out.cut || err.cut, exitCode });
    });
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** The beginning of a stream. */
class Kept {
  readonly #chunks: Buffer[] = [];
  readonly #most: number;
  #size = 0;
  cut = false;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    const room = this.#most - this.#size;
    if (chunk.length > room) this.cut = true;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#size += Math.min(room, chunk.length);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
