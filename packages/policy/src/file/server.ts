/** `server:` */
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import type { ServerConfig } from '../policy.ts';
import { described, flag, object, type Read, reader } from './read.ts';
import type { Tree } from './tree.ts';
import { credentialUrl, type Environment, fill, path, type Surroundings } from './variables.ts';

interface Listen {
  readonly host: string;
  readonly port: number;
}

const defaultListen: Listen = { host: '127.0.0.1', port: 7400 };
const listenForm = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/;

function listenReader(env: Environment): Read<Listen> {
  const read = fill(env, 'host:port');
  return reader(read.schema, (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const [, six, four, port] = listenForm.exec(value) ?? [];
    const host = six ?? four;
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
    report.problem(tree.at, 'no address to listen on', { expected: 'host:port, as in 127.0.0.1:7400' });
    return undefined;
  });
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function storeReader(env: Environment): Read<ServerConfig['store']> {
  const read = credentialUrl(env, 'the store: embedded, or a postgres:// URL');
  return reader(read.schema, (tree, report) => {
    const url = read(tree, report);
    if (url === undefined) return undefined;
    if (url === 'embedded') return { kind: 'embedded' };
    if (/^postgres(?:ql)?:\/\/./.test(url)) return { kind: 'postgres', url };
    report.problem(tree.at, 'no store', { expected: 'embedded, or a postgres:// URL' });
    return undefined;
  });
}

export function serverReader(around: Surroundings): Read<ServerConfig> {
  const { env, directory } = around;
  const read = object('server', {
    listen: described(
      listenReader(env),
      'Where the gateway listens. Beyond loopback only with `tls`.',
      '127.0.0.1:7400',
    ),
    data: described(
      path(around, 'a folder'),
      'Keys, the embedded store, and the file by which commands find the gateway; relative to the policy file.',
      '.countersign',
    ),
    store: described(
      storeReader(env),
      'Where calls, votes and the ledger are kept. A password in the URL comes from a variable.',
      'embedded',
    ),
    tls: described(
      object(
        'tls',
        {
          cert: described(path(around, 'the certificate file'), 'PEM, with its chain.'),
          key: described(path(around, 'the key file'), 'PEM.'),
        },
        ['cert', 'key'],
      ),
      'Serves https in place of http.',
    ),
    local_operator: described(
      flag,
      'Whether an operator’s token stands in `gateway.json`, for commands beside the gateway.',
      true,
    ),
  });
  return reader(read.schema, (tree, report) => {
    const server = read(tree, report);
    if (server === undefined) return undefined;
    const listen = server.listen ?? defaultListen;
    if (!isLoopback(listen.host) && server.tls === undefined)
      report.problem(listenAt(tree), `${listen.host} is reachable from other machines`, {
        expected: 'a loopback address such as 127.0.0.1, or server.tls',
      });
    const { cert = '', key = '' } = server.tls ?? {};
    return {
      listen,
      data: server.data ?? resolve(directory, '.countersign'),
      store: server.store ?? { kind: 'embedded' },
      tls: server.tls === undefined ? null : { cert, key },
      localOperator: server.local_operator ?? true,
    };
  });
}

function listenAt(tree: Tree) {
  return (tree.kind === 'map' ? tree.entries.get('listen')?.value.at : undefined) ?? tree.at;
}
