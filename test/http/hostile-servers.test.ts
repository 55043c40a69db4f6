/** Servers that mislead, fall silent, send too much, or send back what they were given. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credential, openRoad, policy, type Road } from './road.ts';
import { body, json, startTarget, type TargetServer } from './target.ts';

let road: Road;
let elsewhere: TargetServer;
beforeAll(async () => {
  elsewhere = await startTarget();
  road = await openRoad(policy().replace('rules:', 'limits: { timeout: 2s }\nrules:'));
}, 60_000);
afterAll(async () => {
  await road.close();
  await elsewhere.close();
});

const get = { method: 'GET', path: '/v1/x' };
const post = (text: string) => ({ method: 'POST', path: '/v1/notes', body: text });

describe('never 43: a redirect', () => {
  test.each([301, 302, 303, 307, 308])('%d goes to the agent, and is not followed', async (status) => {
    road.target.answer((_, response) =>
      response.writeHead(status, { location: `${elsewhere.url}/v1/x` }).end(),
    );
    road.target.taken();
    const result = await road.result(get);
    expect(result.status).toBe(status);
    expect(result.headers).toContainEqual(['location', `${elsewhere.url}/v1/x`]);
    await expect(road.result(post(`redirect ${status}`))).resolves.toMatchObject({ status });
    expect(road.target.taken()).toHaveLength(2);
    expect(elsewhere.taken()).toEqual([]);
  });
});

describe('never 19: a write whose answer is lost is unknown, and is sent once', () => {
  test.each([
    [
      'the connection is cut before an answer',
      (_: unknown, __: unknown, socket: { destroy(): void }) => socket.destroy(),
    ],
    [
      'within the headers',
      (_: unknown, __: unknown, socket: { end(text: string): void }) =>
        socket.end('HTTP/1.1 200 OK\r\nconte'),
    ],
    [
      'within the body',
      (_: unknown, __: unknown, socket: { end(text: string): void }) =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"'),
    ],
    [
      'what comes is no HTTP',
      (_: unknown, __: unknown, socket: { end(text: string): void }) => socket.end('nonsense\r\n\r\n'),
    ],
    ['502', json({}, 502)],
    ['504', json({}, 504)],
    ['no answer within the time', () => undefined],
    [
      'no end of the body within the time',
      (_: unknown, response: { write(text: string): void }) => response.write('{"a"'),
    ],
    [
      'an upgrade that nobody asked for',
      (_: unknown, __: unknown, socket: { end(text: string): void }) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
  ] as const)('%s', async (what, how) => {
    road.target.answer(how);
    road.target.taken();
    await expect(road.run(post(what))).resolves.toMatchObject({
      outcome: 'unknown',
      error: { code: 'outcome_unknown' },
      result: null,
    });
    expect(road.target.taken()).toHaveLength(1);
  });

  test('a read that gets no answer has failed', async () => {
    road.target.answer((_, __, socket) => socket.destroy());
    await expect(road.run(get)).resolves.toMatchObject({
      outcome: 'failed',
      error: { code: 'target_unavailable' },
    });
    road.target.answer(json({}, 502));
    await expect(road.run(get)).resolves.toMatchObject({
      outcome: 'failed',
      error: { code: 'target_error' },
    });
    road.target.answer(() => undefined);
    await expect(road.run(get)).resolves.toMatchObject({ outcome: 'failed', error: { code: 'timed_out' } });
  });
});

test('a stop ends a request that runs: a read has failed, a write is unknown', async () => {
  for (const [input, outcome] of [
    [get, 'failed'],
    [post('stopped'), 'unknown'],
  ] as const) {
    const arrived = Promise.withResolvers<void>();
    road.target.answer(() => arrived.resolve());
    const running = road.run(input);
    await arrived.promise;
    const { id } = await road.operator.createStop({ scope: { kind: 'all' } });
    await expect(running).resolves.toMatchObject({ outcome });
    await road.operator.liftStop(id);
  }
});

describe('a body', () => {
  const bomb = Buffer.alloc(20_000_000, 'a');
  test('beyond the cap is cut, and said to be', async () => {
    road.target.answer(body('text/plain', 'x'.repeat(3_000_000)));
    const result = await road.result(get);
    expect(result.truncated).toBe(true);
    expect(result.body.length).toBeLessThanOrEqual(1024 * 1024);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('that unpacks to a thousand times its size is cut: %s', async (coding, pack) => {
    road.target.answer(body('text/plain', pack(bomb), { 'content-encoding': coding }));
    const result = await road.result(get);
    expect(result.truncated).toBe(true);
    expect(result.body.length).toBeLessThan(400_000);
  });

  test('that is packed is unpacked', async () => {
    road.target.answer(body('application/json', gzipSync('{"a":1}'), { 'content-encoding': 'gzip' }));
    await expect(road.result(get)).resolves.toMatchObject({ body: '{"a":1}', truncated: false });
  });

  test.each([
    ['an image', 'image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47]), {}],
    ['broken UTF-8', 'text/plain', Buffer.from([0x61, 0xff, 0x62]), {}],
    ['another character set', 'text/plain; charset=utf-16le', Buffer.from('secret', 'utf16le'), {}],
    ['packed twice', 'text/plain', gzipSync(gzipSync('secret')), { 'content-encoding': 'gzip, gzip' }],
    ['packed as nobody asked for', 'text/plain', zstdCompressSync('secret'), { 'content-encoding': 'zstd' }],
    [
      'packed without an end',
      'text/plain',
      gzipSync('secret').subarray(0, 20),
      { 'content-encoding': 'gzip' },
    ],
    ['packed in a way of its own', 'text/plain', Buffer.from('secret'), { 'content-encoding': 'x-own' }],
    ['packed wrongly', 'text/plain', Buffer.from('secret'), { 'content-encoding': 'gzip' }],
  ])('never 41: %s is withheld', async (_, type, bytes, headers) => {
    road.target.answer(body(type, bytes, headers));
    const result = await road.result(get);
    expect(result.body).toMatch(/^\[withheld: \d+ bytes that are no text\]$/);
  });
});

describe('never 42: the credential does not come back', () => {
  const percent = (text: string) => text.replace(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  const spellings = [
    credential,
    credential.toUpperCase(),
    percent(credential),
    percent(percent(credential)),
    `a${percent(credential.slice(0, 3))}${credential.slice(3)}`,
    Buffer.from(`x${credential}yz`).toString('base64'),
    Buffer.from(`xy${credential}z`).toString('base64'),
    Buffer.from(`Bearer ${credential}`).toString('base64url'),
    Buffer.from(credential).toString('base64').replace(/.{10}/g, '$&\\r\\n'),
    Buffer.from(credential).toString('hex').toUpperCase(),
    Buffer.from(credential)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:'),
    credential.replaceAll('1', '\\x31'),
    credential.replaceAll('1', '&#x31;'),
    credential.replaceAll('-', '=2D'),
    `Bearer ${credential}`,
    encodeURIComponent(credential),
    Buffer.from(credential).toString('base64'),
    Buffer.from(credential).toString('base64url'),
    Buffer.from(credential).toString('hex'),
    JSON.stringify({ a: credential }),
    `{"a":"${credential.replaceAll('-', '\\u002d')}"}`,
    `<p>${credential.replaceAll('-', '&#45;')}</p>`,
  ];
  test.each(spellings)('in a body or a header: %s', async (text) => {
    road.target.answer((_, response) => {
      response.setHeader('x-echo', text);
      response.setHeader('content-type', text.startsWith('<') ? 'text/html' : 'application/json');
      response.end(text);
    });
    const said = JSON.stringify(await road.result(get));
    // Of base64 a letter at each end tells a part of what stands beside it.
    for (const part of [text.slice(8, 20), 's1gn-t0ken'])
      expect(said.replaceAll('[redacted]', '')).not.toContain(part);
    expect(said).toContain('[redacted]');
  });

  test('as the name of a header', async () => {
    road.target.answer((_, response) =>
      response.writeHead(200, { [credential]: 'x', 'x-ok': 'y' }).end('{}'),
    );
    const { headers } = await road.result(get);
    expect(headers.map(([name]) => name)).toContain('x-ok');
    expect(JSON.stringify(headers)).not.toContain(credential);
  });

  test('and no session begins', async () => {
    road.target.answer((_, response) => {
      response.setHeader('set-cookie', ['sid=1', 'csrf=2']);
      response.setHeader('authorization', 'x');
      response.end('{}');
    });
    const { headers } = await road.result(get);
    expect(headers.map(([name]) => name)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/cookie|authorization/)]),
    );
  });
});
