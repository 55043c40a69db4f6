/** Each way in which the gateway proves itself, as the server sees it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explaining, openRoad, policy } from './road.ts';
import { body, json, startTarget } from './target.ts';

const get = { method: 'GET', path: '/v1/x' };

test('basic, on a connection that lets bytes through: but not those that hold the password', async () => {
  const road = await openRoad(
    policy('auth: { basic: { username: me, password: "${TOKEN}" } }\n    binary_bodies: true'),
    { env: { TOKEN: 'pässword:1' } },
  );
  await road.result(get);
  const [arrived] = road.target.taken();
  const sent = arrived?.headers.authorization?.replace('Basic ', '') ?? '';
  expect(Buffer.from(sent, 'base64').toString()).toBe('me:pässword:1');
  const bytes = Buffer.from([0x89, 0x50, 0, 1]);
  road.target.answer(body('image/png', bytes));
  expect((await road.result(get)).body).toBe(bytes.toString('base64'));
  road.target.answer(body('image/png', Buffer.concat([bytes, Buffer.from('pässword:1')])));
  expect((await road.result(get)).body).toMatch(/^\[withheld/);
  await road.close();
});

test('a header of its own, which an agent then may not set, even where the connection lists it', async () => {
  const road = await openRoad(
    policy(
      'auth: { header: { name: X-Tenant-Key, value: "Token ${TOKEN}" } }\n    allow_headers: [X-Tenant-Key, X-Tenant]',
    ),
  );
  await road.result({ ...get, headers: [['X-Tenant', 'north']] });
  expect(road.target.taken()[0]?.headers).toMatchObject({
    'x-tenant-key': expect.stringMatching(/^Token c0unter/),
    'x-tenant': 'north',
  });
  const call = await road
    .submit({ ...get, headers: [['x-tenant-key', 'mine']] })
    .catch((thrown: Error) => thrown);
  expect(call).toMatchObject({ code: 'malformed' });
  expect(road.target.taken()).toEqual([]);
  await road.close();
});

test('never 44: a connection that lets an agent say who it is does not load', () => {
  for (const name of ['Authorization', 'Cookie', 'X-Forwarded-For', 'X-HTTP-Method-Override', 'Host'])
    expect(() => explaining(policy(`allow_headers: [${name}]`))).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
});

describe('OAuth 2 client credentials', () => {
  test('are exchanged for a token once, and again where it ends or is refused', async () => {
    const issuer = await startTarget();
    let issued = 0;
    let lasts = 3600;
    issuer.answer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ access_token: `token-number-${++issued}`, token_type: 'Bearer', expires_in: lasts }),
      );
    });
    const road = await openRoad(
      policy(
        'auth: { oauth2: { token_url: "${ISSUER}", client_id: "a b", client_secret: "${TOKEN}", scopes: [read, write] } }',
      ),
      { env: { ISSUER: `${issuer.url}/token`, TOKEN: 's3cret/+&' } },
    );
    await Promise.all([road.result(get), road.result(get), road.result(get)]);
    expect(new Set(road.target.taken().map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer token-number-1']),
    );
    const [asked, ...more] = issuer.taken();
    expect(more).toEqual([]);
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/token',
      body: 'grant_type=client_credentials&scope=read+write',
    });
    expect(Buffer.from(asked?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe(
      'a+b:s3cret%2F%2B%26',
    );

    road.target.answer((request, response) => {
      const old = request.headers.authorization === 'Bearer token-number-1';
      response
        .writeHead(old ? 401 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(request.headers));
    });
    const result = await road.result(get);
    expect(result.status).toBe(200);
    expect(result.body).not.toContain('token-number');

    road.target.taken();
    lasts = 0.01;
    issuer.answer(json({ access_token: 'token-for-a-moment', expires_in: 0.01 }));
    road.target.answer(json({}, 401));
    await expect(road.result({ method: 'POST', path: '/v1/notes', body: '1' })).resolves.toMatchObject({
      status: 401,
    });
    expect(road.target.taken()).toHaveLength(1);
    await road.close();
    await issuer.close();
  });

  test('without a token nothing is sent, and the secret stands nowhere', async () => {
    const issuer = await startTarget();
    const road = await openRoad(
      policy('auth: { oauth2: { token_url: "${ISSUER}", client_id: me, client_secret: "${TOKEN}" } }'),
      { env: { ISSUER: `${issuer.url}/token` } },
    );
    for (const answer of [
      json({ error: 'invalid_client' }, 401),
      json({}),
      json({ access_token: 'a\nb' }),
      json([], 302),
    ]) {
      issuer.answer(answer);
      const view = await road.run(get);
      expect(view).toMatchObject({ outcome: 'failed', error: { code: 'target_unavailable' } });
      expect(JSON.stringify(view)).not.toContain('c0unter');
    }
    await expect(road.run({ method: 'POST', path: '/v1/notes', body: '1' })).resolves.toMatchObject({
      outcome: 'failed',
      error: { code: 'target_unavailable' },
    });
    expect(road.target.taken()).toEqual([]);
    await road.close();
    await issuer.close();
  });
});

describe('a certificate of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-mtls-'));
  const file = (name: string) => join(folder, name);
  const openssl = (args: string) =>
    execFileSync('openssl', args.split(' '), { cwd: folder, stdio: 'ignore' });

  beforeAll(() => {
    for (const name of ['server', 'client'])
      openssl(
        `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout ${name}.key -out ${name}.crt -subj /CN=${name} -addext subjectAltName=IP:127.0.0.1`,
      );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is shown to the server, and the server’s is checked', async () => {
    const names: string[] = [];
    const server = createServer(
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.crt')),
        ca: readFileSync(file('client.crt')),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (request, response) => {
        names.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
        response.end('{}');
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const mtls = (ca: string) =>
      `auth: { mtls: { cert: ${file('client.crt')}, key: ${file('client.key')}${ca} } }`;
    const trusting = await openRoad(policy(mtls(`, ca: ${file('server.crt')}`)), {
      env: { TARGET_URL: url },
    });
    await expect(trusting.result(get)).resolves.toMatchObject({ status: 200 });
    await expect(trusting.result({ method: 'POST', path: '/v1/notes', body: '1' })).resolves.toMatchObject({
      status: 200,
    });
    expect(names).toEqual(['client', 'client']);
    const doubting = await openRoad(policy(mtls('')), { env: { TARGET_URL: url } });
    await expect(doubting.run({ method: 'POST', path: '/v1/notes', body: '2' })).resolves.toMatchObject({
      outcome: 'failed',
      error: { code: 'target_unavailable' },
    });
    expect(names).toHaveLength(2);
    await Promise.all([trusting.close(), doubting.close()]);
    server.closeAllConnections();
    server.close();
  });
});
