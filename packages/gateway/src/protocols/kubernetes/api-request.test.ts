import { effectInShort } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { readApiRequest } from './api-request.ts';
import { apiEffects, covered } from './coverage.ts';
import { builtInKinds, type Kind, Kinds } from './kinds.ts';

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  steps: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
  proto: 'application/vnd.kubernetes.protobuf',
};

function read(line: string, body = '', type = 'json') {
  const [method = '', url = ''] = line.split(' ');
  return readApiRequest({
    method,
    url,
    contentType: types[type] ?? type,
    body: body === '' ? null : Buffer.from(body, type === 'proto' ? 'latin1' : 'utf8'),
  });
}

type Rest = readonly [body?: string, type?: string];

/** Rows of one length: what is left out of a row is no body, and JSON. */
const padded = <T>(rows: readonly (readonly [string, T, ...Rest])[]) =>
  rows.map(([first, second, body = '', type = 'json']) => [first, second, body, type] as const);
const alone = (rows: readonly (readonly [string, ...Rest])[]) =>
  rows.map(([line, body = '', type = 'json']) => [line, body, type] as const);

function effectsOf(line: string, body?: string, type?: string): readonly string[] {
  const request = read(line, body, type);
  return 'why' in request
    ? [`unreadable: ${request.why}`]
    : apiEffects(request, builtInKinds).map(effectInShort);
}

describe('a request is what the API server takes it for', () => {
  test.each(
    padded<readonly string[]>([
      ['GET /api', []],
      ['GET /apis/apps/v1?timeout=32s', []],
      ['GET /openapi/v3/apis/apps/v1?hash=A1', []],
      ['GET /version', []],
      ['GET /api/v1/namespaces/shop/pods/web', ['read k8s:shop/-/pods/web']],
      ['GET /api/v1/namespaces/shop/pods', ['read k8s:shop/-/pods/*']],
      ['GET /api/v1/namespaces/shop/pods/', ['read k8s:shop/-/pods/*']],
      ['GET /api/v1/pods?limit=500', ['read k8s:*/-/pods/*']],
      ['GET /apis/apps/v1/deployments', ['read k8s:*/apps/deployments/*']],
      ['GET /api/v1/nodes', ['read k8s:-/-/nodes/*']],
      ['GET /api/v1/nodes/n1', ['read k8s:-/-/nodes/n1']],
      ['GET /api/v1/namespaces', ['read k8s:-/-/namespaces/*']],
      ['GET /api/v1/namespaces/shop', ['read k8s:-/-/namespaces/shop']],
      ['GET /api/v1/namespaces/shop/status', ['read k8s:-/-/namespaces/shop']],
      ['GET /apis/example.com/v1/things', ['read k8s:*/example%2Ecom/things/*']],
      ['GET /apis/example.com/v1/things/a', ['read k8s:-/example%2Ecom/things/a']],
      ['GET /api/v1/watch/namespaces/shop/pods', ['read k8s:shop/-/pods/*']],
      [
        'POST /api/v1/namespaces/shop/secrets',
        ['write.create k8s:shop/-/secrets/t', 'secret.token k8s:shop/-/secrets/t'],
        '{"metadata":{"name":"t"},"type":"kubernetes.io/service-account-token"}',
      ],
      [
        'GET /api/v1/watch/namespaces/shop/pods?fieldSelector=metadata.name%3Dweb',
        ['read k8s:shop/-/pods/*'],
      ],
      ['GET /api/v1/watch/pods', ['read k8s:*/-/pods/*']],
      [
        'GET /api/v1/namespaces/shop/pods?watch=true&fieldSelector=metadata.name%3Dweb',
        ['read k8s:shop/-/pods/web'],
      ],
      [
        'GET /api/v1/namespaces/shop/pods?fieldSelector=spec.x%3D1,metadata.name%3D%3Dweb',
        ['read k8s:shop/-/pods/web'],
      ],
      ['GET /api/v1/namespaces/shop/pods?fieldSelector=metadata.name!%3Dweb', ['read k8s:shop/-/pods/*']],
      [
        'GET /api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Dweb,metadata.name%3Ddb',
        ['read k8s:shop/-/pods/*'],
      ],
      // One term, whose value has a comma.
      [
        'GET /api/v1/namespaces/shop/pods?fieldSelector=status.phase!%3Da%5C%2Cmetadata.name%3Dweb',
        ['read k8s:shop/-/pods/*'],
      ],
      [
        'DELETE /api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Dweb',
        ['write.delete k8s:shop/-/pods/*'],
      ],
      ['GET /api/v1/namespaces/shop/secrets/db', ['secret k8s:shop/-/secrets/db']],
      ['GET /api/v1/secrets?watch=1', ['secret k8s:*/-/secrets/*']],
      ['GET /api/v1/namespaces/shop/pods/web/log?follow=true&container=c', ['read k8s:shop/-/pods/web']],
      [
        'POST /api/v1/namespaces/shop/pods',
        ['write.create k8s:shop/-/pods/web'],
        '{"metadata":{"name":"web"}}',
      ],
      [
        'POST /api/v1/namespaces/shop/pods',
        ['write.create k8s:shop/-/pods/*'],
        '{"metadata":{"generateName":"web-"}}',
      ],
      ['POST /api/v1/namespaces/shop/pods', ['write.create k8s:shop/-/pods/*']],
      ['PUT /api/v1/namespaces/shop/pods/web', ['write.update k8s:shop/-/pods/web'], '{}'],
      ['PATCH /api/v1/namespaces/shop/pods/web', ['write.patch k8s:shop/-/pods/web'], '[]', 'steps'],
      ['PATCH /api/v1/namespaces/shop/pods/web', ['write.patch k8s:shop/-/pods/web'], '{}', 'merge'],
      ['PATCH /api/v1/namespaces/shop/pods/web', ['write.patch k8s:shop/-/pods/web'], '{}', 'strategic'],
      [
        'PATCH /api/v1/namespaces/shop/pods/web',
        ['write.create k8s:shop/-/pods/web', 'write.patch k8s:shop/-/pods/web'],
        '{}',
        'apply',
      ],
      ['DELETE /api/v1/namespaces/shop/pods/web', ['write.delete k8s:shop/-/pods/web']],
      ['DELETE /api/v1/namespaces/shop/pods?labelSelector=a%3Db', ['write.delete k8s:shop/-/pods/*']],
      ['DELETE /api/v1/namespaces/shop', ['admin.delete k8s:-/-/namespaces/shop']],
      [
        'PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale',
        ['write.patch k8s:shop/apps/deployments/web'],
        '{}',
        'merge',
      ],
      [
        'PUT /apis/apps/v1/namespaces/shop/deployments/web/status',
        ['write.update k8s:shop/apps/deployments/web'],
        '{}',
      ],
      ['POST /api/v1/namespaces/shop/pods/web/eviction', ['write.delete k8s:shop/-/pods/web'], '{}'],
      ['POST /api/v1/namespaces/shop/pods/web/binding', ['admin k8s:shop/-/pods/web'], '{}'],
      [
        'POST /api/v1/namespaces/shop/serviceaccounts/a/token',
        ['secret.token k8s:shop/-/serviceaccounts/a'],
        '{}',
      ],
      [
        'PATCH /api/v1/namespaces/shop/pods/web/ephemeralcontainers',
        ['execute k8s:shop/-/pods/web'],
        '{}',
        'strategic',
      ],
      [
        'GET /api/v1/namespaces/shop/pods/web/exec?command=ls&command=-l&stdout=true',
        ['execute k8s:shop/-/pods/web'],
      ],
      ['POST /api/v1/namespaces/shop/pods/web/exec?command=ls', ['execute k8s:shop/-/pods/web']],
      ['GET /api/v1/namespaces/shop/pods/web/attach?stdout=true', ['execute k8s:shop/-/pods/web']],
      [
        'POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
        ['admin.create k8s:-/rbac%2Eauthorization%2Ek8s%2Eio/clusterrolebindings/x'],
        '{"metadata":{"name":"x"}}',
      ],
      [
        'GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
        ['read k8s:-/rbac%2Eauthorization%2Ek8s%2Eio/clusterroles/system%3Anode'],
      ],
      ['PATCH /api/v1/nodes/n1', ['admin.patch k8s:-/-/nodes/n1'], '{}', 'strategic'],
      [
        'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        ['read k8s:-/authorization%2Ek8s%2Eio/selfsubjectaccessreviews/*'],
        '{}',
      ],
      [
        'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        ['admin.create k8s:-/authorization%2Ek8s%2Eio/subjectaccessreviews/*'],
        '{}',
      ],
      // Wrapper, raw object, metadata, name.
      [
        'POST /api/v1/namespaces/shop/configmaps',
        ['write.create k8s:shop/-/configmaps/ab'],
        'k8s\0\x12\x06\x0a\x04\x0a\x02ab',
        'proto',
      ],
    ]),
  )('%s', (line, expected, body, type) => {
    expect(effectsOf(line, body, type)).toEqual(expected);
  });

  test('an object by its name is no watch, whatever its query says', () => {
    const verb = (line: string) => {
      const request = read(line);
      return 'why' in request ? request.why : request.verb;
    };
    expect(verb('GET /api/v1/namespaces/shop/secrets/db?watch=true')).toBe('get');
    expect(verb('GET /api/v1/namespaces/shop/secrets?watch=')).toBe('watch');
    expect(verb('GET /api/v1/namespaces/shop/secrets?watch=False')).toBe('list');
    expect(verb('GET /api/v1/watch/namespaces/shop/secrets/db')).toBe('watch');
  });

  test('a dry run is one only where the API server takes it for one', () => {
    const dry = (line: string, body?: string) => {
      const request = read(line, body);
      return 'why' in request ? request.why : request.dryRun;
    };
    expect(dry('PUT /api/v1/namespaces/shop/pods/web?dryRun=All', '{}')).toBe(true);
    expect(dry('PUT /api/v1/namespaces/shop/pods/web?dryRun=all', '{}')).toBe(false);
    expect(dry('PUT /api/v1/namespaces/shop/pods/web?dryRun=', '{}')).toBe(false);
    expect(dry('PUT /api/v1/namespaces/shop/pods/web', '{"dryRun":["All"]}')).toBe(false);
    expect(dry('DELETE /api/v1/namespaces/shop/pods/web', '{"dryRun":["All"]}')).toBe(true);
    expect(dry('DELETE /api/v1/namespaces/shop/pods/web?dryRun=All', '{"kind":"DeleteOptions"}')).toBe(false);
    expect(dry('DELETE /api/v1/namespaces/shop/pods/web?dryRun=All')).toBe(true);
  });
});

describe('never 45: what could be read in two ways is not read', () => {
  test.each(
    alone([
      ['GET /api/v1/namespaces/shop//pods'],
      ['GET //api/v1/pods'],
      ['GET /api/v1/namespaces/shop/../other/pods'],
      ['GET /api/v1/namespaces/shop/%2e%2e/other/pods'],
      ['GET /api/v1/namespaces/shop/pods/.'],
      ['GET /api/v1/namespaces%2fshop/pods'],
      ['GET /api/v1/namespaces/shop/pods/web%2Flog'],
      ['GET /api/v1/namespaces/shop/pods/web%252Flog'],
      ['GET /api/v1/namespaces/shop/pods/web%00'],
      ['GET /api/v1/namespaces/shop/pods/web%0d%0a'],
      ['GET /api/v1/namespaces/shop/pods/web%zz'],
      ['GET /api/v1/namespaces/shop/pods/web%c3'],
      ['GET /api/v1/namespaces/shop/pods/a\\b'],
      ['GET /api/v1/namespaces/shop/pods/a%5cb'],
      ['GET /api/v1/namespaces/SHOP/pods'],
      ['GET /api/v1/namespaces/shop/Pods'],
      ['GET /api/v2/pods'],
      ['GET /API/v1/pods'],
      ['GET /apis/apps/V1/deployments'],
      ['GET http://elsewhere/api/v1/pods'],
      ['GET https://127.0.0.1/api/v1/pods'],
      ['GET //elsewhere/api/v1/pods'],
      ['GET api/v1/pods'],
      ['GET *'],
      ['GET /'],
      ['GET /healthz'],
      ['GET /metrics'],
      ['GET /logs/kube-apiserver.log'],
      ['GET /.well-known/openid-configuration'],
      ['GET /swagger.json'],
      ['GET /api/v1/proxy/namespaces/shop/pods/web/x'],
      ['GET /api/v1/proxy/nodes/n1'],
      ['PUT /apis/apps/v1/proxy/deployments', '{}'],
      ['GET /api/v1/namespaces/shop/pods/web/proxy'],
      ['GET /api/v1/namespaces/shop/pods/web/proxy/etc/passwd'],
      ['GET /api/v1/namespaces/shop/services/web:80/proxy/'],
      ['GET /api/v1/nodes/n1/proxy/run'],
      ['POST /api/v1/namespaces/shop/pods/web/portforward?ports=80'],
      ['GET /api/v1/namespaces/shop/pods/web/log/more'],
      ['GET /api/v1/namespaces/shop/pods?watch=true&watch=false'],
      ['GET /api/v1/namespaces/shop/pods?as=admin'],
      ['GET /api/v1/namespaces/shop/pods?Watch=true'],
      ['GET /api/v1/namespaces/shop/pods?limit=1;watch=1'],
      ['GET /api/v1/namespaces/shop/pods/web/log?insecureSkipTLSVerifyBackend=true'],
      ['GET /api/v1/namespaces/shop/pods/web#x'],
      ['HEAD /api/v1/namespaces/shop/pods/web'],
      ['OPTIONS /api/v1/namespaces/shop/pods/web'],
      ['CONNECT /api/v1/namespaces/shop/pods/web'],
      ['get /api/v1/namespaces/shop/pods/web'],
      ['POST /api', '{}'],
      ['DELETE /version'],
      ['POST /api/v1/namespaces/shop/pods/web', '{}'],
      ['PUT /api/v1/namespaces/shop/pods', '{}'],
      ['PATCH /api/v1/namespaces/shop/pods', '{}', 'merge'],
      ['PATCH /api/v1/namespaces/shop/pods/web', '{}', 'json'],
      ['PATCH /api/v1/namespaces/shop/pods/web', '{}', 'application/apply-patch+cbor'],
      ['DELETE /api/v1/namespaces/shop/pods/web/log'],
      ['POST /api/v1/namespaces/shop/pods', '{"metadata":', 'json'],
      ['POST /api/v1/namespaces/shop/pods', 'metadata: {name: web}', 'application/yaml'],
      ['POST /api/v1/namespaces/shop/pods', '"text"'],
      ['POST /api/v1/namespaces/shop/pods', '{}', 'application/cbor'],
      ['POST /api/v1/namespaces/shop/pods', 'k8s\0\x12\x06\x0a\x04\x0a\x09ab', 'proto'],
      ['POST /api/v1/namespaces/shop/pods', 'k8s\0\x12\x0c\x0a\x04\x0a\x02ab\x0a\x04\x0a\x02cd', 'proto'],
      ['POST /api/v1/namespaces/shop/pods', 'k8s\0\x12\x06\x0a\x04\x0a\x02ab\x1a\x01x', 'proto'],
      ['POST /api/v1/namespaces/shop/pods', '\x12\x06\x0a\x04\x0a\x02ab', 'proto'],
    ]),
  )('%s', (line, body, type) => {
    expect(read(line, body, type)).toEqual({ why: expect.any(String) });
  });
});

describe('what was decided covers a request or it does not', () => {
  const decided = (...written: readonly string[]) =>
    written.map((one) => {
      const [action, resource] = one.split(' ');
      return { action, resource } as { action: 'read'; resource: 'k8s:' };
    });
  const covers = (consent: string, line: string, body?: string, type?: string) => {
    const request = read(line, body, type);
    return (
      !('why' in request) &&
      covered(decided(...consent.split(' + ').filter(Boolean)), apiEffects(request, builtInKinds))
    );
  };
  const pod = '/api/v1/namespaces/shop/pods/web';

  test.each(
    padded<string>([
      ['read k8s:shop/-/pods/web', `GET ${pod}`],
      ['read k8s:shop/-/pods/*', `GET ${pod}/log`],
      ['read k8s:*/-/pods/*', 'GET /api/v1/pods'],
      ['read k8s:*/-/pods/*', `GET ${pod}`],
      ['write k8s:shop/-/pods/web', `DELETE ${pod}`],
      ['write.delete k8s:shop/-/pods/web', `GET ${pod}`],
      [
        'write.delete k8s:shop/-/pods/web',
        'GET /api/v1/namespaces/shop/pods?watch=1&fieldSelector=metadata.name%3Dweb',
      ],
      ['write.patch k8s:shop/-/secrets/db', 'GET /api/v1/namespaces/shop/secrets/db'],
      ['execute k8s:shop/-/pods/web', `GET ${pod}`],
      ['write.create k8s:shop/-/pods/web + write.patch k8s:shop/-/pods/web', `PATCH ${pod}`, '{}', 'apply'],
      ['read k8s:shop/-/pods/web', 'GET /api/v1/namespaces/shop'],
      ['read k8s:shop/-/pods/web', 'GET /version'],
      ['', 'GET /apis'],
    ]),
  )('%s covers %s', (consent, line, body, type) => {
    expect(covers(consent, line, body, type)).toBe(true);
  });

  test.each(
    padded<string>([
      ['read k8s:shop/-/pods/web', 'GET /api/v1/namespaces/shop/pods/db'],
      ['read k8s:shop/-/pods/web', 'GET /api/v1/namespaces/other/pods/web'],
      ['read k8s:shop/-/pods/web', 'GET /api/v1/namespaces/shop/pods'],
      ['read k8s:shop/-/pods/*', 'GET /api/v1/pods'],
      ['read k8s:shop/-/pods/*', 'GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods'],
      ['read k8s:shop/-/pods/*', `DELETE ${pod}`],
      ['read k8s:shop/-/pods/*', `GET ${pod}/exec?command=ls`],
      ['write k8s:shop/-/pods/*', `GET ${pod}/exec?command=ls`],
      ['write k8s:shop/-/pods/*', `PATCH ${pod}/ephemeralcontainers`, '{}', 'merge'],
      ['read k8s:shop/-/secrets/db', 'GET /api/v1/namespaces/shop/secrets/db'],
      ['read k8s:*/*/*/*', 'GET /api/v1/namespaces/shop/secrets'],
      ['write k8s:*/*/*/*', 'DELETE /api/v1/namespaces/shop'],
      ['write k8s:*/*/*/*', 'POST /api/v1/namespaces/shop/serviceaccounts/a/token', '{}'],
      ['write.patch k8s:shop/-/pods/web', `PATCH ${pod}`, '{}', 'apply'],
      ['write.create k8s:shop/-/pods/web', 'POST /api/v1/namespaces/shop/pods', '{"metadata":{"name":"db"}}'],
      ['write.create k8s:shop/-/pods/web', 'POST /api/v1/namespaces/shop/pods', '{}'],
      ['read k8s:shop/-/pods/web', 'GET /api/v1/namespaces/other'],
      ['read k8s:*/-/pods/*', 'GET /api/v1/namespaces/other'],
      ['read http:/api/v1/namespaces/shop/pods/web', `GET ${pod}`],
      ['', `GET ${pod}`],
    ]),
  )('never 45: %s does not cover %s', (consent, line, body, type) => {
    expect(covers(consent, line, body, type)).toBe(false);
  });

  test.each([
    // A kind without a namespace, as it was when it was judged, and has one now.
    [
      false,
      'write.delete k8s:-/example%2Ecom/fleets/x',
      'DELETE /apis/example.com/v1/namespaces/prod/fleets/x',
    ],
    [false, 'read k8s:-/example%2Ecom/fleets/*', 'GET /apis/example.com/v1/namespaces/prod/fleets'],
    [true, 'write.delete k8s:prod/example%2Ecom/fleets/x', 'DELETE /apis/example.com/v1/fleets/x'],
  ])(
    'never 17: a kind whose scope (namespaced: %s) changed: %s does not cover %s',
    (namespaced, consent, line) => {
      const fleet: Kind = {
        group: 'example.com',
        resource: 'fleets',
        kind: 'Fleet',
        singular: 'fleet',
        short: [],
        namespaced,
        version: 'v1',
      };
      const request = read(line);
      if ('why' in request) throw new Error(request.why);
      expect(covered(decided(consent), apiEffects(request, new Kinds([fleet])))).toBe(false);
    },
  );
});
