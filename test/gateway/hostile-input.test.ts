import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { newId } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Harness, startHarness, stores } from './harness.ts';

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  let tokens: Record<'agent' | 'person' | 'operator' | 'service' | 'auditor', string>;
  beforeAll(async () => {
    harness = await startHarness({ on });
    const mint = async (request: Parameters<Harness['mint']>[0]) => (await harness.mint(request)).token;
    tokens = {
      agent: await mint({ class: 'agent', name: 'hostile', groups: ['agents'], owner: 'olivia' }),
      service: await mint({ class: 'service', name: 'nightly', groups: ['agents'], owner: 'olivia' }),
      person: await mint({ class: 'person', name: 'dana' }),
      operator: await mint({ class: 'operator', name: 'root' }),
      auditor: await mint({ class: 'auditor', name: 'eyes' }),
    };
  });
  afterAll(() => harness.close());

  interface Answer {
    readonly status: number;
    readonly text: string;
    readonly code: string | null;
  }

  async function send(
    method: string,
    path: string,
    token: string | null,
    body?: string | Uint8Array,
    type = 'application/json',
  ): Promise<Answer> {
    const response = await fetch(`${harness.url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const streams = response.headers.get('content-type') === 'text/event-stream';
    if (streams) await response.body?.cancel();
    const text = streams ? '' : await response.text();
    const code =
      (response.status >= 400 ? (JSON.parse(text) as { error?: { code?: string } }) : {}).error?.code ?? null;
    return { status: response.status, text, code };
  }

  const ids = {
    call: newId('call'),
    approval: newId('apr'),
    token: newId('tok'),
    stop: newId('stop'),
    parked: newId('park'),
    session: newId('ses'),
  };

  /** Every route with its actor, as the OpenAPI document lists them. */
  const routes: readonly (readonly [
    method: string,
    path: string,
    actor: 'agent' | 'person' | 'operator' | 'auditor' | 'viewer' | 'agent or viewer' | 'session',
    takesBody: boolean,
  ])[] = [
    ['POST', '/v1/calls', 'agent', true],
    ['GET', `/v1/calls/${ids.call}`, 'agent', false],
    ['POST', `/v1/calls/${ids.call}/execute`, 'agent', true],
    ['POST', `/v1/calls/${ids.call}/rows`, 'agent', true],
    ['POST', `/v1/calls/${ids.call}/cancel`, 'agent', false],
    ['GET', '/v1/connections', 'agent or viewer', false],
    ['POST', '/v1/explain', 'agent', true],
    ['POST', '/v1/runs', 'agent', true],
    ['GET', '/v1/runs', 'agent or viewer', false],
    ['GET', `/v1/runs/run_${'0'.repeat(32)}`, 'viewer', false],
    ['POST', `/v1/runs/${ids.parked}/unpark`, 'agent', true],
    ['POST', `/v1/runs/${ids.parked}/renew`, 'agent', true],
    ['POST', `/v1/runs/${ids.parked}/release`, 'agent', true],
    ['POST', `/v1/runs/${ids.parked}/finish`, 'agent', true],
    ['GET', '/v1/principal', 'agent', false],
    ['GET', '/v1/approvals', 'viewer', false],
    ['GET', '/v1/approvals/events', 'viewer', false],
    ['GET', '/v1/calls/events', 'agent', false],
    ['GET', `/v1/approvals/${ids.approval}`, 'viewer', false],
    ['POST', `/v1/approvals/${ids.approval}/comments`, 'person', true],
    ['POST', `/v1/approvals/${ids.approval}/votes`, 'person', true],
    ['POST', '/v1/tokens', 'operator', true],
    ['GET', '/v1/tokens', 'operator', false],
    ['DELETE', `/v1/tokens/${ids.token}`, 'operator', false],
    ['GET', '/v1/policy', 'auditor', false],
    ['POST', '/v1/policy/try', 'auditor', true],
    ['POST', '/v1/policy/reload', 'operator', false],
    ['POST', '/v1/stops', 'operator', true],
    ['GET', '/v1/stops', 'auditor', false],
    ['DELETE', `/v1/stops/${ids.stop}`, 'operator', false],
    ['GET', '/v1/events', 'operator', false],
    ['POST', `/v1/calls/${ids.call}/settle`, 'operator', true],
    ['GET', '/v1/sessions', 'auditor', false],
    ['DELETE', `/v1/sessions/${ids.session}`, 'operator', false],
    ['POST', '/v1/revocations', 'operator', true],
    ['GET', '/auth/session', 'session', false],
    ['POST', '/auth/logout', 'session', false],
    ['GET', `/auth/login/${ids.approval}`, 'session', false],
  ];

  const may: Record<string, readonly string[]> = {
    agent: ['agent', 'service'],
    person: ['person'],
    operator: ['operator'],
    auditor: ['auditor', 'operator'],
    viewer: ['person', 'auditor', 'operator'],
    'agent or viewer': ['agent', 'service', 'person', 'auditor', 'operator'],
  };

  const tokenFor = (actor: string) => tokens[(may[actor]?.[0] ?? 'person') as keyof typeof tokens];

  describe('every route', () => {
    test('the table above is complete: it lists what the OpenAPI document lists', async () => {
      const document = JSON.parse((await send('GET', '/v1/openapi.json', null)).text) as {
        paths: Record<string, Record<string, { 'x-actor': string | readonly string[] }>>;
      };
      const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([, operation]) => operation['x-actor'] !== 'public')
          .map(([method]) => `${method.toUpperCase()} ${path}`),
      );
      const known = routes.map(
        ([method, path]) =>
          `${method} ${path.replace(/\/(call|apr|tok|stop|park|run|ses)_[a-z0-9]+/, '/{id}')}`,
      );
      expect(documented.sort()).toEqual([...new Set(known)].sort());
    });

    test.each(routes)(
      'never 25: %s %s takes no token but its own class',
      async (method, path, actor, takesBody) => {
        const body = takesBody ? '{}' : undefined;
        for (const [name, token] of Object.entries(tokens)) {
          const answer = await send(method, path, token, body);
          if (may[actor]?.includes(name)) expect(answer.code).not.toBe('wrong_actor');
          else expect(answer).toMatchObject({ status: 403, code: 'wrong_actor' });
        }
        expect(await send(method, path, null, body)).toMatchObject({ status: 401, code: 'unauthenticated' });
        expect(
          await send(method, path, 'cs_agent_0000000000000000000000_'.padEnd(75, 'x'), body),
        ).toMatchObject({ status: 401 });
      },
    );

    const bad: readonly (readonly [what: string, body: string | Uint8Array, codes: readonly string[]])[] = [
      ['text that is not JSON', '{"connection": ', ['malformed']],
      [
        'bytes that are not UTF-8',
        new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
        ['malformed'],
      ],
      ['a NUL in a field', '{"connection":"ba\\u0000nk"}', ['malformed']],
      ['a NUL byte', '{"connection":"ba\0nk"}', ['malformed']],
      ['a lone surrogate', '{"connection":"\\ud800"}', ['malformed']],
      ['a key twice', '{"connection":"bank","connection":"other"}', ['malformed']],
      ['a prototype key', '{"__proto__":{"x":1}}', ['malformed']],
      ['an unknown key', '{"constructor":{"x":1}}', ['malformed']],
      ['a number that loses digits', '{"n":12345678901234567890}', ['malformed']],
      ['nesting a thousand deep', `${'['.repeat(1000)}${']'.repeat(1000)}`, ['malformed']],
      ['nesting a million deep', '['.repeat(1_000_000), ['malformed']],
      ['a body beyond the limit', JSON.stringify({ x: 'y'.repeat(7_000_000) }), ['too_large']],
      ['an array for an object', '[]', ['malformed']],
      ['null', 'null', ['malformed']],
      [
        'wrong types',
        '{"connection":5,"input":"x","run":{},"class":[],"vote":true,"scope":"all","input_digest":1,"reason":{}}',
        ['malformed'],
      ],
    ];

    test.each(bad)('answers %s with a code, wherever a body is taken', async (_what, body, codes) => {
      for (const [method, path, actor, takesBody] of routes) {
        if (!takesBody) continue;
        const token = Object.entries(tokens).find(([name]) => may[actor]?.includes(name))?.[1] ?? null;
        const answer = await send(method, path, token, body);
        expect([400, 413]).toContain(answer.status);
        expect(codes).toContain(answer.code);
      }
      expect((await send('GET', '/healthz', null)).status).toBe(200);
    });

    test.each([
      '%00',
      '%',
      '%ff',
      '..',
      'a'.repeat(5000),
      "call_'; drop table calls; --",
      '__proto__',
      'call_0000000000000000000000%00',
    ])('answers the id %j with a code', async (id) => {
      for (const path of [
        `/v1/calls/${encodeURI(id).replace('%25', '%')}`,
        `/v1/calls/${id.includes(' ') ? encodeURIComponent(id) : id}/execute`,
      ]) {
        const answer = await send(
          path.endsWith('execute') ? 'POST' : 'GET',
          path,
          tokens.agent,
          path.endsWith('execute') ? '{}' : undefined,
        );
        expect([400, 404, 414]).toContain(answer.status);
        expect(answer.code === null ? 'none' : answer.code).toMatch(/malformed|not_found/);
      }
    });

    test('answers another content type, another method and another path with a code', async () => {
      expect(
        await send('POST', '/v1/calls', tokens.agent, 'x=1', 'application/x-www-form-urlencoded'),
      ).toMatchObject({ status: 415, code: 'unsupported_media_type' });
      expect(await send('PUT', '/v1/calls', tokens.agent, '{}')).toMatchObject({
        status: 404,
        code: 'not_found',
      });
      expect(await send('GET', '/v2/calls', tokens.agent)).toMatchObject({ status: 404, code: 'not_found' });
      expect(await send('GET', `/v1/calls/${ids.call}?wait=1e9`, tokens.agent)).toMatchObject({
        status: 400,
        code: 'malformed',
      });
      expect(await send('GET', `/v1/calls/${ids.call}?wait=1&wait=2`, tokens.agent)).toMatchObject({
        status: 400,
        code: 'malformed',
      });
    });

    test('never 27: fields are bounded', async () => {
      const call = { connection: 'bank', input: { sql: 'select 1' }, run: 'r', tool: 't', call: 'c' };
      for (const broken of [
        { ...call, run: 'r'.repeat(201) },
        { ...call, run: 'a b' },
        { ...call, call: '' },
        { ...call, purpose: 'p'.repeat(501) },
        { ...call, input: { sql: 'x'.repeat(1_100_000) } },
        { ...call, input: { sql: 'select 1', params: Array.from({ length: 1001 }, () => 1) } },
        { ...call, input: { sql: 'select 1', argv: ['x'] } },
        { ...call, input: { argv: ['get', 'pods'] } },
      ]) {
        const answer = await send('POST', '/v1/calls', tokens.agent, JSON.stringify(broken));
        expect([400, 413]).toContain(answer.status);
      }
      const reason = JSON.stringify({ reason: 'x'.repeat(1001) });
      expect(await send('POST', `/v1/calls/${ids.call}/settle`, tokens.operator, reason)).toMatchObject({
        status: 400,
      });
    });

    test('a connection with a prototype name is no connection', async () => {
      for (const connection of ['constructor', 'tostring', 'valueof']) {
        const body = JSON.stringify({
          connection,
          input: { sql: 'select 1' },
          run: 'r',
          tool: 't',
          call: 'c',
        });
        expect(await send('POST', '/v1/calls', tokens.agent, body)).toMatchObject({
          status: 404,
          code: 'unknown_connection',
        });
      }
    });

    test('what is not HTTP at all ends that socket, and nothing else', async () => {
      const { hostname, port } = new URL(harness.url);
      const socket = connect(Number(port), hostname);
      const answered = new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('close', () => resolve(text));
      });
      socket.write('\x16\x03\x01 this is no request\r\n\r\n');
      expect(await answered).toContain('"code":"malformed"');
      expect((await send('GET', '/readyz', null)).status).toBe(200);
    });

    test('an error answers no more than its code and words: no stack, no path, no query', async () => {
      const answers = await Promise.all(
        routes.map(([method, path, actor, takesBody]) =>
          send(method, path, tokenFor(actor), takesBody ? '{' : undefined),
        ),
      );
      for (const { text } of answers.filter(({ status }) => status >= 400))
        expect(text).not.toMatch(/node_modules|\.ts:|select |at Object|Error:/);
    });

    test('too many requests without a token are slowed down, and keep nobody from signing in', async () => {
      const codes = await Promise.all(
        Array.from({ length: 350 }, async () => (await send('GET', '/v1/connections', 'nonsense')).code),
      );
      expect(codes).toContain('rate_limited');
      expect((await send('GET', '/v1/connections', tokens.agent)).status).toBe(200);
      // There is no identity provider here; that is what it says, and not that somebody else asked too often.
      expect((await send('GET', '/auth/login', null)).code).toBe('not_found');
    });
  });

  // Kept out of fetch's hands: headers that it would not send.
  test('a header line that is too long is refused', async () => {
    const { hostname, port } = new URL(harness.url);
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest(
        { hostname, port, path: '/healthz', headers: { 'x-long': 'y'.repeat(40_000) } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      )
        .on('error', reject)
        .end();
    });
    expect([400, 431]).toContain(status);
  });
});
