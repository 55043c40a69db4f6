import { describe, expect, test } from '@jest/globals';
import { readKubeconfig } from './kubernetes-kubeconfig.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');

function read(cluster: object, user: object, more: object = {}) {
  return readKubeconfig(
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'shop' } }],
      clusters: [{ name: 'k', cluster: { server: 'https://k.example:6443/base', ...cluster } }],
      users: [
        { name: 'other', user: { token: 'other' } },
        { name: 'u', user },
      ],
      ...more,
    }),
    '/etc/kube/config',
  );
}

const nobody = { token: null, certificate: null, exec: null };

test('the current context says where and who', () => {
  const config = read({ 'certificate-authority-data': b64('CA'), 'tls-server-name': 'kube' }, { token: 't' });
  expect(config).toEqual({
    server: new URL('https://k.example:6443/base'),
    ca: { text: 'CA' },
    serverName: 'kube',
    namespace: 'shop',
    user: { ...nobody, token: { text: 't' } },
  });
});

test.each([
  [{ tokenFile: 'token' }, { ...nobody, token: { file: '/etc/kube/token' } }],
  [
    { token: 't', tokenFile: '/run/token' },
    { ...nobody, token: { file: '/run/token' } },
  ],
  [
    { 'client-certificate': 'a.crt', 'client-key-data': b64('KEY') },
    { ...nobody, certificate: { cert: { file: '/etc/kube/a.crt' }, key: { text: 'KEY' } } },
  ],
  [
    { 'client-certificate': 'a.crt', 'client-certificate-data': b64('CRT'), 'client-key': '/a.key' },
    { ...nobody, certificate: { cert: { text: 'CRT' }, key: { file: '/a.key' } } },
  ],
  [
    {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: './get',
        args: ['-x'],
        env: [{ name: 'A', value: 'b' }],
      },
    },
    {
      ...nobody,
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: '/etc/kube/get',
        args: ['-x'],
        env: [['A', 'b']],
        providesCluster: false,
      },
    },
  ],
  [{}, nobody],
])('a user with %j', (user, expected) => {
  expect(read({}, user).user).toEqual(expected);
});

/** Rows of one length. */
const rows = (all: readonly (readonly [string, object, object, object?])[]) =>
  all.map(([what, cluster, user, more = {}]) => [what, cluster, user, more] as const);

describe('what is not known here is refused, and no value is quoted', () => {
  const hidden = 'hunter2-canary';
  test.each(
    rows([
      ['"password" of a user', {}, { password: hidden }],
      ['"username" of a user', {}, { username: hidden }],
      ['"auth-provider" of a user', {}, { 'auth-provider': { name: 'gcp', config: { token: hidden } } }],
      ['"as" of a user', {}, { token: hidden, as: 'admin' }],
      ['"impersonate" of a user', {}, { token: hidden, impersonate: 'admin' }],
      ['a client certificate with its key', {}, { 'client-certificate-data': b64(hidden) }],
      ['"insecure-skip-tls-verify"', { 'insecure-skip-tls-verify': true }, { token: hidden }],
      ['"insecure-skip-tls-verify"', { 'insecure-skip-tls-verify': 'yes' }, { token: hidden }],
      ['"proxy-url" of a cluster', { 'proxy-url': `http://u:${hidden}@proxy` }, {}],
      ['"server" of a cluster', { server: `http://${hidden}.example` }, {}],
      ['"server" of a cluster', { server: `https://u:${hidden}@k.example` }, {}],
      ['"server" of a cluster', { server: hidden }, {}],
      ['"token" of a kubeconfig', {}, { token: [hidden] }],
      [
        '"apiVersion" of "exec"',
        {},
        { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: hidden } },
      ],
      [
        '"interactiveMode: Always"',
        {},
        {
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command: hidden, interactiveMode: 'Always' },
        },
      ],
      ['current-context', {}, { token: hidden }, { 'current-context': '' }],
      ['without the context', {}, { token: hidden }, { 'current-context': 'none' }],
      ['without the user', {}, { token: hidden }, { users: [] }],
      ['without the cluster', {}, { token: hidden }, { clusters: [{ name: 'else' }] }],
    ]),
  )('%s', (what, cluster, user, more) => {
    const thrown = (() => {
      try {
        return read(cluster, user, more);
      } catch (error) {
        return error as Error & { code: string };
      }
    })();
    expect(thrown).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(what) });
    expect(JSON.stringify(thrown) + (thrown as Error).message).not.toContain(hidden);
  });

  test.each(['', '[]', 'a: &a [*a, *a]', '{', 'x: &x 1\ny: *x'])('no kubeconfig: %j', (text) => {
    expect(() => readKubeconfig(text, '/c')).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
