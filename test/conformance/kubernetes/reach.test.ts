/** What of the lines reaches an API server, by its own log: of those that are denied nothing, of others what they say. */
import { rmSync } from 'node:fs';
import { type Engine, openEngine } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasKubectl } from '../../kubernetes/endpoint-road.ts';
import { folderFor, objects } from '../../kubernetes/road.ts';
import { type ApiServer, type ArrivedRequest, startApiServer } from '../../support/kubernetes/api-server.ts';
import { here, inputOf, type Line, lines, principal } from './line.ts';

/** All of them take minutes; each of these takes a third of a second. */
const oneIn = 9;
const policy = here('policy.yaml')
  .replace('kubeconfig.yaml', 'kubeconfig')
  .replace(/rules:[^]*/, 'rules:\n  - { name: all, then: allow }\n');

let server: ApiServer;
let folder: string;
let engine: Engine;
beforeAll(async () => {
  server = await startApiServer(objects);
  folder = folderFor(server);
  const file = parsePolicyFile(policy, { file: 'policy.yaml', env: {}, directory: folder });
  engine = await openEngine({ file, store: 'memory' });
}, 60_000);
afterAll(async () => {
  await engine.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();
const run = (line: Line) =>
  engine.run(principal, { connection: 'prod-cluster', input: inputOf(line) }, signal);

test('never 45: nothing of a line that can’t be told, though all is allowed', async () => {
  const denied = lines.filter(({ effects }) => effects === undefined);
  expect(denied.length).toBeGreaterThan(200);
  for (const line of denied) {
    const { outcome } = await run(line);
    expect([line.id, outcome, server.taken().map(({ url }) => url)]).toEqual([line.id, 'not_executed', []]);
  }
}, 60_000);

/** Those that end by themselves. */
const ending = lines.filter(
  ({ argv, effects }) =>
    effects !== undefined && !['wait', 'logs', 'debug'].includes(argv[0] ?? '') && !argv.includes('-w'),
);
const sample = ending.filter((_, index) => index % oneIn === 0);

/** The effect of a request, as far as its method and path tell: `write.delete k8s:shop/-/pods/`. */
function said({ method, url }: ArrivedRequest): RegExp | null {
  const parts = (url.split('?')[0] ?? '').split('/').slice(1);
  const group = parts[0] === 'api' ? '-' : (parts[1] ?? '').replaceAll('.', '%2E');
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  // Where it finds nothing, kubectl asks whether the namespace is there.
  if (rest[0] === 'namespaces' && rest.length === 2 && method === 'GET') return null;
  const [resource = ''] = inNamespace ? rest.slice(2) : rest;
  const namespace = inNamespace ? `(?:${rest[1]}|\\*)` : '[-*]';
  const verb = {
    GET: '\\S+',
    POST: '(?:\\S+\\.create|read|execute|secret\\.token)',
    PUT: '\\S+\\.update',
    PATCH: '\\S+\\.patch',
    DELETE: '\\S+\\.delete',
  }[method];
  return new RegExp(`^${verb} k8s:${namespace}/${group.replace('-', '\\-')}/(?:${resource}|\\*)/`);
}

(hasKubectl ? describe : describe.skip)('never 45: of any other only what it says: ', () => {
  test.each([...Map.groupBy(sample, ({ group }) => group)])(
    '%s',
    async (_, members) => {
      for (const line of members) {
        for (const object of objects) server.store.add(object);
        const { outcome } = await run(line);
        expect([line.id, outcome]).toEqual([line.id, 'succeeded']);
        for (const request of server.taken()) {
          const wanted = said(request);
          if (wanted === null) continue;
          const told = (line.effects ?? []).some((effect) => wanted.test(effect));
          expect([line.id, request.method, request.url, told]).toEqual([
            line.id,
            request.method,
            request.url,
            true,
          ]);
        }
      }
    },
    60_000,
  );
});
