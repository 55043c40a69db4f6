import { describe, expect, test } from '@jest/globals';
import { load, problemsOf } from './testing/load.ts';

describe('credentials', () => {
  test.each([
    ['{ protocol: postgres, url: "postgres://me:hunter2@db/x" }'],
    ['{ protocol: postgres, url: "postgres://me:hunter2${PASSWORD}@db/x" }'],
    ['{ protocol: postgres, url: "postgres://db/x?password=hunter2" }'],
    ['{ protocol: postgres, url: "postgres://db/x?pass%77ord=hunter2" }'],
    ['{ protocol: postgres, logins: { write: "postgres://me:hunter2@db/x" } }'],
    ['{ protocol: http, base_url: "http://x", auth: { bearer: hunter2 } }'],
    ['{ protocol: http, base_url: "http://x", auth: { bearer: "hunter2 hunter2${TOKEN}" } }'],
    ['{ protocol: http, base_url: "http://x", auth: { basic: { username: a, password: hunter2 } } }'],
    ['{ protocol: http, base_url: "http://x", auth: { header: { name: a, value: hunter2 } } }'],
    [
      '{ protocol: http, base_url: "http://x", auth: { oauth2: { token_url: "https://i", client_id: a, client_secret: hunter2 } } }',
    ],
    ['{ protocol: http, base_url: "http://x", auth: { mtls: { cert: a, key: "-----BEGIN hunter2" } } }'],
    ['{ protocol: kubernetes, kubeconfig: "token:\\n hunter2" }'],
  ])('written out is an error that does not repeat it: %s', (connection) => {
    const problems = problemsOf(`version: 1\nconnections:\n  a: ${connection}`).join('\n');
    expect(problems).toMatch(/is written out in the file; expected a variable like \$\{NAME\}/);
    expect(problems).not.toContain('hunter2');
  });

  test('never 42: no problem holds what a variable holds', () => {
    const problems = problemsOf(`
version: 1
server: { store: "\${PASSWORD}", listen: "\${PASSWORD}" }
connections:
  a: { protocol: postgres, url: "\${TOKEN}" }
  b: { protocol: http, base_url: "\${TOKEN}", auth: { bearer: "\${UNSET}" } }
`).join('\n');
    expect(problems).toContain('this is no PostgreSQL URL');
    expect(problems).not.toContain('hunter2');
  });

  test('a password that is a variable is none that is written out', () => {
    const url = 'postgres://me:${PASSWORD}@db/x?sslpassword=${TOKEN}';
    expect(
      load(`version: 1\nconnections: { a: { protocol: postgres, url: "${url}" } }`).connections.get('a')
        ?.settings,
    ).toEqual({
      url: 'postgres://me:hunter2@db/x?sslpassword=tok-hunter2',
    });
  });

  test.each(['NOT_SET', '__proto__', 'toString'])(
    'a variable that is not set is an error that names it: %s',
    (name) => {
      expect(
        problemsOf(`version: 1\nconnections: { a: { protocol: postgres, url: "\${${name}}" } }`),
      ).toEqual([
        `countersign.yaml:2:46: the environment variable ${name} is not set; expected ${name} in the environment`,
      ]);
    },
  );
});
