/**
 * A program that a kubeconfig names to fetch a credential (client.authentication.k8s.io): run with a handful of variables
 * and those that the file gives it, within half a minute, and without a terminal.
 */
import { execFile } from 'node:child_process';
import { CountersignError } from '@countersign/core';
import type { ExecPlugin } from './kubernetes-kubeconfig.ts';

export interface PluginCredential {
  readonly token: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Milliseconds since the epoch; null where the plugin does not say. */
  readonly until: number | null;
}

/** What it is told of the cluster, where it asks to be. */
export interface PluginCluster {
  readonly server: string;
  readonly ca: string | null;
  readonly serverName: string | null;
}

const withinMs = 30_000;
const maxBytes = 256 * 1024;
/** Where programs and their settings are. Nothing else of the gateway's environment is for a plugin. */
const passed = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR'];

/**
 * Runs a plugin.
 *
 * @param env The gateway's environment, of which the plugin gets little.
 * @throws {CountersignError} `target_unavailable`, without a word of what the plugin said.
 */
export async function runPlugin(
  plugin: ExecPlugin,
  cluster: PluginCluster,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PluginCredential> {
  const given = passed.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const stdout = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      plugin.command,
      plugin.args,
      {
        env: {
          ...Object.fromEntries([...given, ...plugin.env]),
          KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(plugin, cluster)),
        },
        timeout: withinMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxBytes,
        encoding: 'utf8',
      },
      (fault, out) => (fault === null ? resolve(out) : reject(failed('did not give one'))),
    );
    child.stdin?.end();
  });
  return readCredential(stdout, plugin.apiVersion);
}

function execInfo({ apiVersion, providesCluster }: ExecPlugin, { server, ca, serverName }: PluginCluster) {
  const cluster = {
    server,
    ...(ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(serverName === null ? {} : { 'tls-server-name': serverName }),
  };
  return {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(providesCluster ? { cluster } : {}) },
  };
}

function readCredential(text: string, apiVersion: string): PluginCredential {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw failed('gave no JSON');
  }
  const { kind, apiVersion: version, status } = (read ?? {}) as Readonly<Record<string, unknown>>;
  if (kind !== 'ExecCredential' || version !== apiVersion)
    throw failed('gave another form than was asked for');
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = (status ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const [cert, key] = [textOf(clientCertificateData), textOf(clientKeyData)];
  if ((cert === null) !== (key === null)) throw failed('gave a certificate without its key, or a key alone');
  if (textOf(token) === null && cert === null) throw failed('gave neither a token nor a certificate');
  const until = Date.parse(textOf(expirationTimestamp) ?? '');
  return { token: textOf(token), cert, key, until: Number.isNaN(until) ? null : until };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const failed = (how: string) =>
  new CountersignError('target_unavailable', {
    what: `the plugin that fetches the cluster’s credential ${how}`,
  });
