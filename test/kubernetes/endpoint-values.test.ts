/** What is hidden is neither written back, nor moved to where it is shown, nor quoted in an error. */
import type { MaskPlan } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { byPath, detectors, noDetectors, openRoad, type Road } from './endpoint-road.ts';

let road: Road;
beforeAll(async () => {
  road = await openRoad([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg', namespace: 'shop' }, data: { n: '1' } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db', namespace: 'shop' },
      data: { p: 'Y2FuYXJ5' },
    },
  ]);
});
afterAll(() => road.close());

const during: Road['during'] = (...call) => road.during(...call);
const pod = '/api/v1/namespaces/shop/pods/web';
const config = '/api/v1/namespaces/shop/configmaps/cfg';
const everything = ['read k8s:*/*/*/*', 'secret k8s:*/*/*/*', 'write k8s:*/*/*/*', 'execute k8s:*/*/*/*'];

test.each(['', '?watch=true', '?watch=1', '?pretty=true'])(
  'never 38: a Secret by its name, asked for with %j, is masked',
  async (query) => {
    const { result } = await during(everything, ({ ask }) =>
      ask('GET', `/api/v1/namespaces/shop/secrets/db${query}`),
    );
    expect(result.body).not.toContain('Y2FuYXJ5');
  },
);

describe('never 40: what carries a mask is not written', () => {
  const write = '{"kind":"ConfigMap","metadata":{"name":"cfg"},"data":{"a":VALUE}}';
  test.each([
    ['as it is', '"[redacted]"'],
    ['escaped', '"\\u005bredacted\\u005d"'],
    ['within a text', '"x [redacted] y"'],
    ['a hash', '"[hash:abcdefghijklmnopabcdefgh]"'],
    ['as a Secret’s data', '"W3JlZGFjdGVkXQ=="'],
  ])('%s', async (_, value) => {
    const { result, taken, call } = await during(everything, ({ ask }) =>
      ask('PUT', config, { body: write.replace('VALUE', value) }),
    );
    expect(result.status).toBe(403);
    expect(taken).toEqual([]);
    expect(call.endpoint.refused?.why).toBe('it carries a mask, which is no value');
  });
});

test('never 38: a patch that moves or compares a Secret’s values is refused', async () => {
  for (const op of ['copy', 'move', 'test', 'Copy']) {
    const body = JSON.stringify([{ op, from: '/data/p', path: '/metadata/labels/x', value: 'Y2FuYXJ5' }]);
    const { result, taken } = await during(everything, ({ ask }) =>
      ask('PATCH', '/api/v1/namespaces/shop/secrets/db', {
        body,
        headers: { 'content-type': 'application/json-patch+json' },
      }),
    );
    expect(result.status).toBe(403);
    expect(taken).toEqual([]);
  }
});

describe('never 38: what was hidden is not moved by a patch', () => {
  const patch = (plan: MaskPlan, op: string, path = '/metadata/labels') =>
    during(
      everything,
      ({ ask }) =>
        ask('PATCH', config, {
          body: JSON.stringify([{ op, from: '/data/n', path, value: {} }]),
          headers: { 'content-type': 'application/json-patch+json' },
        }),
      {},
      plan,
    );
  test.each([
    ['copy', noDetectors, 200],
    ['copy', detectors, 403],
    ['move', detectors, 403],
    ['replace', detectors, 200],
    ['test', byPath('$.data.n'), 403],
    ['copy', byPath('$.data.n'), 403],
    ['add', byPath('$.data.n'), 200],
  ] as const)('%s, under %j: %i', async (op, plan, status) => {
    expect((await patch(plan, op)).result.status).toBe(status);
  });

  test('nor is a variable called by another name', async () => {
    const { result } = await patch(detectors, 'replace', '/spec/containers/0/env/0/name');
    expect(result.status).toBe(403);
  });
});

describe('never 39: an error text quotes no value that is hidden', () => {
  const refusal = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'Invalid',
    code: 422,
    message: 'Pod "web" is invalid: spec: Forbidden: {Name: "DB_PASSWORD", Value: "canary"}',
    details: {
      kind: 'Pod',
      name: 'web',
      causes: [{ reason: 'FieldValueForbidden', field: 'spec', message: '"canary"' }],
    },
  };
  const patch = (plan: MaskPlan, path: string, status: number, body: unknown = refusal) => {
    road.server.instead = (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify({ ...refusal, code: status }));
      return true;
    };
    const headers = { 'content-type': 'application/merge-patch+json' };
    return during(everything, ({ ask }) => ask('PATCH', path, { body: '{"spec":{}}', headers }), {}, plan);
  };

  test.each([
    ['where names hide', detectors, pod, 422],
    ['where paths hide', byPath('$.spec.x'), pod, 422],
    ['of a Secret', noDetectors, '/api/v1/namespaces/shop/secrets/db', 422],
    ['with another status', detectors, pod, 400],
    ['with a fault of the server', detectors, pod, 500],
    ['that is no JSON', detectors, pod, 400, 'no: canary'],
  ] as const)('%s', async (...[, plan, path, status, body]) => {
    const { result } = await patch(plan, path, status, body);
    expect(result.status).toBe(status);
    expect(result.body).not.toContain('canary');
    expect(JSON.parse(result.body)).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    if (body === undefined) expect(result.body).toContain('"field":"spec"');
  });

  test('and says what it says where nothing is hidden', async () => {
    expect((await patch(noDetectors, pod, 422)).result.body).toContain('canary');
  });
});
