/**
 * A kubeconfig file, as far as a gateway needs it: its current context, the cluster and the user of that. What is not
 * known here is refused by name, because a credential that is read wrongly is another credential.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { CountersignError } from '@countersign/core';
import { parse } from 'yaml';

/** A piece of PEM, or a token: as it stands in the file, or where it is. */
export type Source = { readonly text: string } | { readonly file: string };

export interface ExecPlugin {
  readonly apiVersion: string;
  /** A name to be looked for in the path, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly providesCluster: boolean;
}

/** How the gateway proves itself to a cluster. Holds credentials: never logged, never in an error. */
export interface KubernetesUser {
  readonly token: Source | null;
  readonly certificate: { readonly cert: Source; readonly key: Source } | null;
  readonly exec: ExecPlugin | null;
}

export interface Kubeconfig {
  /** Of the API server; may have a base path. */
  readonly server: URL;
  /** Null for what the machine trusts. */
  readonly ca: Source | null;
  /** The name that the server's certificate has, where it is not the host's. */
  readonly serverName: string | null;
  /** What a call without a namespace means. */
  readonly namespace: string;
  readonly user: KubernetesUser;
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * @param file Where the text is from: paths in it are relative to its folder.
 * @throws {CountersignError} `config_invalid`, which never quotes a value.
 */
export function readKubeconfig(text: string, file: string): Kubeconfig {
  let root: unknown;
  try {
    // Aliases could make a small text huge.
    root = parse(text, { maxAliasCount: 0 });
  } catch {
    throw invalid('a kubeconfig', 'YAML');
  }
  const config = entry(root, 'a kubeconfig');
  const name = config['current-context'];
  if (typeof name !== 'string' || name === '') throw invalid('a kubeconfig without a current-context', 'one');
  const context = named(config, 'contexts', name, 'context');
  const cluster = named(config, 'clusters', said(context, 'cluster'), 'cluster');
  const user = named(config, 'users', said(context, 'user'), 'user');
  const at = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  return {
    ...readCluster(cluster, at),
    namespace: optional(context, 'namespace') ?? 'default',
    user: readUser(user, at),
  };
}

type At = (path: string) => string;

const clusterKeys = [
  'server',
  'certificate-authority',
  'certificate-authority-data',
  'tls-server-name',
  'disable-compression',
  'extensions',
  'insecure-skip-tls-verify',
];

function readCluster(cluster: Entry, at: At): Pick<Kubeconfig, 'server' | 'ca' | 'serverName'> {
  const other = Object.keys(cluster).find((key) => !clusterKeys.includes(key));
  if (other !== undefined) throw invalid(`"${other}" of a cluster`, clusterKeys.slice(0, -1).join(', '));
  if (![undefined, false].includes(cluster['insecure-skip-tls-verify'] as undefined))
    throw invalid(
      '"insecure-skip-tls-verify"',
      'the CA of the cluster: whoever is in between could have the credential',
    );
  const server = URL.parse(optional(cluster, 'server') ?? '');
  if (server?.protocol !== 'https:' || server.username !== '' || server.search !== '' || server.hash !== '')
    throw invalid('"server" of a cluster', 'an https:// URL');
  return {
    server,
    ca: source(cluster, 'certificate-authority', at),
    serverName: optional(cluster, 'tls-server-name'),
  };
}

const userKeys = [
  'token',
  'tokenFile',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'exec',
  'extensions',
];

function readUser(user: Entry, at: At): KubernetesUser {
  const other = Object.keys(user).find((key) => !userKeys.includes(key));
  if (other !== undefined) throw invalid(`"${other}" of a user`, userKeys.slice(0, -1).join(', '));
  const cert = source(user, 'client-certificate', at);
  const key = source(user, 'client-key', at);
  if ((cert === null) !== (key === null)) throw invalid('a user', 'a client certificate with its key');
  const [token, tokenFile] = [optional(user, 'token'), optional(user, 'tokenFile')];
  return {
    // A file goes first: it is the one that is renewed.
    token: tokenFile !== null ? { file: at(tokenFile) } : token === null ? null : { text: token },
    certificate: cert === null || key === null ? null : { cert, key },
    exec: user['exec'] === undefined ? null : readExec(entry(user['exec'], '"exec"'), at),
  };
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function readExec(exec: Entry, at: At): ExecPlugin {
  const apiVersion = said(exec, 'apiVersion');
  if (!execVersions.includes(apiVersion)) throw invalid('"apiVersion" of "exec"', execVersions.join(', '));
  if (optional(exec, 'interactiveMode') === 'Always')
    throw invalid('"interactiveMode: Always"', 'a plugin that needs nobody at a terminal');
  const command = said(exec, 'command');
  const args = exec['args'] ?? [];
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string'))
    throw invalid('"args" of "exec"', 'a list of texts');
  const env = exec['env'] ?? [];
  if (!Array.isArray(env)) throw invalid('"env" of "exec"', 'a list of names and values');
  return {
    apiVersion,
    command: command.includes('/') ? at(command) : command,
    args,
    env: env.map((one) => {
      const pair = entry(one, '"env" of "exec"');
      return [said(pair, 'name'), optional(pair, 'value') ?? ''];
    }),
    providesCluster: exec['provideClusterInfo'] === true,
  };
}

/** Data in the file goes before a path. */
function source(from: Entry, key: string, at: At): Source | null {
  const data = optional(from, `${key}-data`);
  if (data !== null) return { text: Buffer.from(data, 'base64').toString() };
  const file = optional(from, key);
  return file === null ? null : { file: at(file) };
}

function entry(value: unknown, what: string): Entry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what, 'a mapping');
  return value as Entry;
}

/** The first entry of that name, as kubectl has it. */
function named(config: Entry, list: string, name: string, kind: string): Entry {
  const all = config[list];
  const found: unknown = Array.isArray(all)
    ? all.find((one: unknown) => typeof one === 'object' && one !== null && (one as Entry)['name'] === name)
    : undefined;
  if (found === undefined)
    throw invalid(`a kubeconfig without the ${kind} that it names`, `one under ${list}`);
  return entry((found as Entry)[kind] ?? {}, `an entry of ${list}`);
}

function optional(from: Entry, key: string): string | null {
  const value = from[key] ?? null;
  if (value === null || value === '') return null;
  if (typeof value !== 'string') throw invalid(`"${key}" of a kubeconfig`, 'a text');
  return value;
}

function said(from: Entry, key: string): string {
  const value = optional(from, key);
  if (value === null) throw invalid(`a kubeconfig without "${key}"`, 'one');
  return value;
}

const invalid = (what: string, expected: string) =>
  new CountersignError('config_invalid', { what, expected });
