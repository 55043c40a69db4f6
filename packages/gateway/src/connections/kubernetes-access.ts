/**
 * What it takes to reach a cluster: where it is, what is trusted there, and what the gateway proves itself with. Files are
 * read again once a minute, because tokens and certificates are renewed in place.
 */
import { readFile } from 'node:fs/promises';
import { CountersignError } from '@countersign/core';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type PluginCredential, runPlugin } from './kubernetes-exec-plugin.ts';
import { type Kubeconfig, readKubeconfig, type Source } from './kubernetes-kubeconfig.ts';

export interface Access {
  readonly server: URL;
  readonly namespace: string;
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly serverName: string | null;
  };
  /** Sent as a bearer token; null where the certificate is all. */
  readonly token: string | null;
}

/** Where the gateway runs, as far as it tells of a cluster. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What a pod finds of its own service account. */
  readonly serviceAccount: string;
}

/** The machine's own. */
export const ownSurroundings = (): Surroundings => ({
  env: process.env,
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
});

export interface AccessReader {
  /** What a call without a namespace means. Reads one file, and runs nothing. @throws {CountersignError} `config_invalid`. */
  namespace(): Promise<string>;
  /** @throws {CountersignError} `config_invalid`, `target_unavailable`; neither quotes a value. */
  current(): Promise<Access>;
  /** Makes the next one fetch what can be fetched anew: the cluster refused what there was. */
  forget(): void;
}

const againAfterMs = 60_000;
/** Milliseconds before its end at which a plugin's credential is not used any more. */
const earlyMs = 30_000;

/** @param file The kubeconfig; null for the cluster that the gateway itself runs in. */
export function accessReader(file: string | null, runtime: Runtime, around: Surroundings): AccessReader {
  let kept: { readonly access: Promise<Access>; readonly at: number } | null = null;
  let fetched: { readonly credential: PluginCredential; readonly of: string } | null = null;

  const configuration = async (): Promise<Kubeconfig> =>
    file === null ? inCluster(around) : readKubeconfig(await contentOf({ file }), file);

  async function read(): Promise<Access> {
    const config = await configuration();
    const { server, namespace, serverName, user } = config;
    const ca = config.ca === null ? null : await contentOf(config.ca);
    const plugin = await pluginCredential(config, ca);
    const { certificate } = user;
    return {
      server,
      namespace,
      tls: {
        ca,
        cert: plugin?.cert ?? (certificate === null ? null : await contentOf(certificate.cert)),
        key: plugin?.key ?? (certificate === null ? null : await contentOf(certificate.key)),
        serverName,
      },
      token: plugin?.token ?? (user.token === null ? null : checkedToken(await contentOf(user.token))),
    };
  }

  async function pluginCredential(
    { user: { exec }, server, serverName }: Kubeconfig,
    ca: string | null,
  ): Promise<PluginCredential | null> {
    if (exec === null) return null;
    const of = JSON.stringify([exec, server.href]);
    const good = (until: number | null) => until === null || runtime.now() < until - earlyMs;
    if (fetched === null || fetched.of !== of || !good(fetched.credential.until))
      fetched = {
        of,
        credential: await runPlugin(exec, { server: server.href, ca, serverName }, around.env),
      };
    const { token } = fetched.credential;
    return { ...fetched.credential, token: token === null ? null : checkedToken(token) };
  }

  return {
    namespace: async () => (await configuration()).namespace,
    current: () => {
      if (kept === null || hasPassed(runtime, kept.at, againAfterMs)) {
        const mine = { access: read(), at: runtime.now() };
        kept = mine;
        mine.access.catch(() => {
          if (kept === mine) kept = null;
        });
      }
      return kept.access;
    },
    forget: () => {
      kept = null;
      fetched = null;
    },
  };
}

/** What the cluster puts into each of its pods. */
async function inCluster({ env, serviceAccount }: Surroundings): Promise<Kubeconfig> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  const server = URL.parse(`https://${host?.includes(':') === true ? `[${host}]` : host}:${port}`);
  if (host === undefined || port === undefined || server === null)
    throw new CountersignError('config_invalid', {
      what: 'a connection without kubeconfig, outside of a cluster',
      expected: 'kubeconfig: FILE',
    });
  return {
    server,
    ca: { file: `${serviceAccount}/ca.crt` },
    serverName: null,
    namespace: (await contentOf({ file: `${serviceAccount}/namespace` })).trim(),
    user: { token: { file: `${serviceAccount}/token` }, certificate: null, exec: null },
  };
}

async function contentOf(from: Source): Promise<string> {
  if ('text' in from) return from.text;
  try {
    return await readFile(from.file, 'utf8');
  } catch {
    throw new CountersignError('config_invalid', {
      what: `${from.file} can’t be read`,
      expected: 'a file that the gateway may read',
    });
  }
}

function checkedToken(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CountersignError('config_invalid', { what: 'a token', expected: 'printable ASCII, in one line' });
}
