/** `server:` */
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import type { ServerConfig } from '../policy.ts';
import { flag, object, type Read } from './read.ts';
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
  return (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const [, six, four, port] = listenForm.exec(value) ?? [];
    const host = six ?? four;
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
    report.problem(tree.at, 'no address to listen on', { expected: 'host:port, as in 127.0.0.1:7400' });
    return undefined;
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function storeReader(env: Environment): Read<ServerConfig['store']> {
  const read = credentialUrl(env, 'the store: embedded, or a postgres:// URL');
  return (tree, report) => {
    const url = read(tree, report);
    if (url === undefined) return undefined;
    if (url === 'embedded') return { kind: 'embedded' };
    if (/^postgres(?:ql)?:\/\/./.test(url)) return { kind: 'postgres', url };
    report.problem(tree.at, 'no store', { expected: 'embedded, or a postgres:// URL' });
    return undefined;
  };
}

export function serverReader(around: Surroundings): Read<ServerConfig> {
  const { env, directory } = around;
  const read = object('server', {
    listen: listenReader(env),
    data: path(around, 'a folder'),
    store: storeReader(env),
    tls: object('tls', { cert: path(around, 'the certificate file'), key: path(around, 'the key file') }, [
      'cert',
      'key',
    ]),
    local_operator: flag,
  });
  return (tree, report) => {
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
  };
}

function listenAt(tree: Tree) {
  return (tree.kind === 'map' ? tree.entries.get('listen')?.value.at : undefined) ?? tree.at;
}
