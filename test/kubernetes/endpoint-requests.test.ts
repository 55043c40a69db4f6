/** What reaches the API server through the endpoint, and what doesn't: the server's own record decides. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { targetToken } from '../support/kubernetes/api-server.ts';
import { effects, openCall, openRoad, type Road } from './endpoint-road.ts';

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

test('what the effects cover goes through, with the gateway’s credential and not kubectl’s', async () => {
  const { result, taken, call } = await during(['read k8s:shop/-/pods/*'], ({ ask }) => ask('GET', pod));
  expect(result.status).toBe(200);
  expect(JSON.parse(result.body)).toMatchObject({ kind: 'Pod', metadata: { name: 'web' } });
  expect(taken.map(({ method, url }) => [method, url])).toEqual([['GET', pod]]);
  expect(taken[0]?.headers).toMatchObject({
    authorization: `Bearer ${targetToken}`,
    accept: 'application/json',
  });
  expect(call.events).toEqual([
    {
      method: 'GET',
      verb: 'get',
      effects: effects('read k8s:shop/-/pods/web'),
      subresource: null,
      dryRun: false,
      status: 200,
      refused: null,
    },
  ]);
});

test('what they don’t cover is refused as a Status, ends the call, and nothing reaches the server', async () => {
  const { result, taken, call } = await during(['read k8s:shop/-/pods/web'], async ({ ask }) => [
    await ask('DELETE', pod),
    await ask('GET', pod),
  ]);
  expect(result.map(({ status }) => status)).toEqual([403, 403]);
  expect(JSON.parse(result[0]?.body ?? '')).toMatchObject({
    kind: 'Status',
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
  });
  expect(taken).toEqual([]);
  expect(call.endpoint.refused).toEqual({
    method: 'DELETE',
    path: pod,
    effects: effects('write.delete k8s:shop/-/pods/web'),
    why: 'what was decided does not cover it',
  });
  expect(call.events.map(({ refused }) => refused)).toEqual([
    'what was decided does not cover it',
    'the call is over',
  ]);
});

test('that the cluster refuses the gateway’s credential is not taken for kubectl’s', async () => {
  road.server.instead = (_, response) => {
    response.writeHead(401);
    response.end('{}');
    return true;
  };
  const { result, call } = await during(everything, async ({ ask }) => [
    await ask('GET', pod),
    await ask('DELETE', pod),
  ]);
  expect(result.map(({ status }) => status)).toEqual([503, 503]);
  expect(result[0]?.body).toContain('it refuses the gateway’s credential');
  expect(call.events.map(({ status, refused }) => [status, refused])).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 0 });
});

test('what tells of the API itself always passes', async () => {
  const { result } = await during([], ({ ask }) =>
    Promise.all(
      ['/version', '/api', '/apis', '/apis/apps/v1', '/openapi/v3'].map((path) => ask('GET', path)),
    ),
  );
  expect(result.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

describe('never 44: kubectl’s headers don’t go on', () => {
  test('no user to impersonate, no credential, nothing of the connection', async () => {
    const headers = {
      'impersonate-user': 'admin',
      'impersonate-group': 'system:masters',
      'impersonate-uid': '1',
      'impersonate-extra-x': 'y',
      'x-remote-user': 'admin',
      'x-remote-group': 'system:masters',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'elsewhere',
      'proxy-authorization': 'Basic eA==',
      cookie: 'a=b',
      host: 'elsewhere',
      te: 'trailers',
      'kubectl-command': 'kubectl get',
      'x-http-method-override': 'DELETE',
      accept: 'application/json',
      'accept-encoding': 'identity',
    };
    const { taken } = await during(['read k8s:shop/-/pods/*'], ({ ask }) => ask('GET', pod, { headers }));
    expect(Object.keys(taken[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'host',
      'user-agent',
    ]);
    expect(taken[0]?.headers.host).toBe(new URL(road.server.url).host);
  });

  test.each(['', 'Bearer ', 'Bearer x', 'Basic eA==', `Bearer ${targetToken}`])(
    'a request that shows %j is nobody’s',
    async (authorization) => {
      const { result, taken, call } = await during(everything, ({ ask }) =>
        ask('GET', pod, { headers: { authorization } }),
      );
      expect(result.status).toBe(401);
      expect(taken).toEqual([]);
      expect(call.endpoint.refused).toBeNull();
    },
  );

  test('a token is good for its own call only', async () => {
    const other = await openCall(road.cluster, effects(...everything));
    const authorization = `Bearer ${other.endpoint.token}`;
    const { result } = await during(everything, ({ ask }) => ask('GET', pod, { headers: { authorization } }));
    await other.close();
    expect(result.status).toBe(401);
  });
});

describe('never 45: no spelling leads past the judgement', () => {
  test.each([
    ['GET', '/api/v1/namespaces/shop/pods/..%2f..%2fother/pods'],
    ['GET', '/api/v1/namespaces/shop/../../../../metrics'],
    ['GET', '/api/v1//secrets'],
    ['GET', '//api/v1/secrets'],
    ['GET', '/api/v1/namespaces/shop/pods/web/proxy/'],
    ['GET', '/api/v1/nodes/n1/proxy/run'],
    ['GET', '/logs/'],
    ['GET', '/metrics'],
    ['POST', `${pod}/portforward`],
    ['GET', `${pod}?as=admin`],
    ['OPTIONS', pod],
    ['TRACE', pod],
    ['GET', 'https://127.0.0.1:1/api/v1/pods'],
  ])('%s %s, though everything was decided', async (method, path) => {
    const { result, taken } = await during(everything, ({ ask }) => ask(method, path));
    expect(result.status).toBe(403);
    expect(taken).toEqual([]);
  });

  test('what goes on is the path that was judged, spelled anew', async () => {
    const { taken } = await during(['read k8s:shop/-/pods/*'], ({ ask }) =>
      ask('GET', '/api/v1/namespaces/%73hop/pods/?limit=5&labelSelector=app%20in%20(a,b)'),
    );
    expect(taken.map(({ url }) => url)).toEqual([
      '/api/v1/namespaces/shop/pods?limit=5&labelSelector=app+in+%28a%2Cb%29',
    ]);
  });

  test.each([
    ['application/vnd.kubernetes.protobuf', 'application/json'],
    ['application/yaml', 'application/json'],
    ['application/cbor, application/json;q=0.5', 'application/json'],
    ['*/*', 'application/json'],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    ],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    ],
    [
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json',
    ],
  ])('a form that can’t be looked through is not asked for: %s', async (accept, sent) => {
    const { taken } = await during(['read k8s:shop/-/pods/*'], ({ ask }) =>
      ask('GET', pod, { headers: { accept } }),
    );
    expect(taken[0]?.headers.accept).toBe(sent);
  });

  test('an object in a form that can’t be looked through is not handed on', async () => {
    road.server.instead = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'br' });
      response.end('canary');
      return true;
    };
    const { result } = await during(everything, ({ ask }) =>
      ask('GET', '/api/v1/namespaces/shop/secrets/db'),
    );
    expect(result.status).toBe(502);
    expect(result.body).not.toContain('canary');
  });
});

test.each([301, 302, 307, 308])(
  'never 43: a redirect (%i) is neither followed nor handed on',
  async (status) => {
    road.server.instead = (_, response) => {
      response.writeHead(status, { location: 'https://127.0.0.1:1/elsewhere' });
      response.end();
      return true;
    };
    const { result, taken } = await during(everything, ({ ask }) => ask('GET', pod));
    expect(result).toMatchObject({ status: 502 });
    expect(result.headers).not.toHaveProperty('location');
    expect(taken).toHaveLength(1);
  },
);

describe('writes', () => {
  const consent = ['write k8s:shop/-/configmaps/cfg'];
  const body =
    '{"kind":"ConfigMap","metadata":{"name":"cfg"},"data":{"n":"12345678901234567890"},"x":12345678901234567890}';

  test('go on byte for byte, are announced before, and counted', async () => {
    const { result, taken, call } = await during(consent, ({ ask }) => ask('PUT', config, { body }));
    expect(result.status).toBe(200);
    expect(taken[0]?.body).toBe(body);
    expect(call.before.map(({ method, verb }) => [method, verb])).toEqual([['PUT', 'update']]);
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 1 });
  });

  test('are not sent where what comes before them fails', async () => {
    const { result, taken, call } = await during(consent, ({ ask }) => ask('PUT', config, { body }), {
      beforeWrite: async () => {
        throw new Error('not durable');
      },
    });
    expect(result.status).toBe(503);
    expect(taken).toEqual([]);
    expect(call.endpoint.writes).toEqual({ sent: 0, answered: 0, accepted: 0 });
  });

  test('whose answer is lost are counted as open', async () => {
    road.server.instead = (_, response) => {
      response.destroy();
      return true;
    };
    const { result, call } = await during(consent, ({ ask }) => ask('PUT', config, { body }));
    expect(result.status).toBe(503);
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 0, accepted: 0 });
  });

  test('that are refused by the server are answered, and not accepted', async () => {
    const { result, call } = await during(['write k8s:shop/-/configmaps/none'], ({ ask }) =>
      ask('PUT', config.replace('cfg', 'none'), { body: body.replace('cfg', 'none') }),
    );
    expect(result.status).toBe(404);
    expect(call.endpoint.writes).toEqual({ sent: 1, answered: 1, accepted: 0 });
  });

  test('pass only as dry runs where only those are wanted', async () => {
    const { result, taken, call } = await during(
      consent,
      async ({ ask }) => [
        await ask('PUT', `${config}?dryRun=All`, { body }),
        await ask('PUT', config, { body }),
      ],
      { dryRunOnly: true },
    );
    expect(result.map(({ status }) => status)).toEqual([200, 403]);
    expect(taken.map(({ url }) => url)).toEqual([`${config}?dryRun=All`]);
    expect(call.endpoint.writes.sent).toBe(0);
  });

  test.each([
    ['packed', { 'content-encoding': 'gzip' }, body],
    ['in another form', { 'content-type': 'application/yaml' }, 'kind: ConfigMap'],
    ['too large', {}, `{"kind":"ConfigMap","data":{"a":"${'x'.repeat(2000)}"}}`],
  ])('are refused %s', async (_, headers, sent) => {
    const { taken, call } = await during(
      consent,
      ({ ask }) => ask('PUT', config, { body: sent, headers }).catch(() => null),
      { limits: { lifetimeMs: 1000, requestBytes: 1000 } },
    );
    expect(taken).toEqual([]);
    expect(call.endpoint.refused).not.toBeNull();
  });
});

describe('what is too much ends', () => {
  test('an answer that is larger than is looked through is not handed on', async () => {
    const { result } = await during(['read k8s:shop/-/configmaps/*'], ({ ask }) => ask('GET', config), {
      limits: { lifetimeMs: 1000, responseBytes: 20 },
    });
    expect(result.status).toBe(413);
  });

  test('more requests than a call may make are refused', async () => {
    const { result } = await during(
      ['read k8s:shop/-/pods/*'],
      async ({ ask }) => [await ask('GET', pod), await ask('GET', pod)],
      { limits: { lifetimeMs: 1000, requests: 1 } },
    );
    expect(result.map(({ status }) => status)).toEqual([200, 403]);
  });
});

test('a stop ends what runs, and lets nothing in any more', async () => {
  road.server.logs.set('web', ['one\n']);
  const { result, call } = await during(['read k8s:shop/-/pods/*'], async ({ ask, stop }) => {
    const following = ask('GET', `${pod}/log?follow=true`).catch((fault: { code?: string }) => fault.code);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort(new Error('stopped'));
    return [await following, (await ask('GET', pod)).status];
  });
  expect(result).toEqual(['ECONNRESET', 503]);
  expect(call.endpoint.refused).toBeNull();
});

test('closed is closed: nothing listens any more', async () => {
  const call = await openCall(road.cluster, effects(...everything));
  await call.close();
  await call.endpoint.close();
  await expect(call.ask('GET', pod)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('never 42: the cluster’s credential is in nothing that comes back', async () => {
  road.server.instead = (request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-echo': request.headers.authorization ?? '',
    });
    response.end(JSON.stringify({ kind: 'ConfigMap', data: { echo: request.headers.authorization } }));
    return true;
  };
  const { result } = await during(everything, ({ ask }) => ask('GET', config));
  expect(result.status).toBe(200);
  expect(JSON.stringify(result)).not.toContain(targetToken);
});
