import { CountersignError, type HttpInput } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type InputRules, parseInput } from './input.ts';

const bearer: InputRules = {
  allowHeaders: new Set(['x-tenant']),
  auth: { kind: 'header', name: 'x-api-key', value: 'k', secrets: ['k'] },
};
const parse = (input: Partial<HttpInput>) => parseInput({ method: 'GET', path: '/v1/x', ...input }, bearer);
const refusal = (input: Partial<HttpInput>): string => {
  try {
    parse(input);
    return 'accepted';
  } catch (thrown) {
    return thrown instanceof CountersignError ? thrown.code : String(thrown);
  }
};

test('a call of another protocol', () => {
  expect(() => parseInput({ sql: 'select 1' }, bearer)).toThrow(
    expect.objectContaining({ code: 'wrong_protocol' }),
  );
});

describe('methods', () => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'PURGE'])(
    '%s',
    (method) => {
      expect(parse({ method })).toMatchObject({ method, path: '/v1/x', headers: [], body: null });
    },
  );
  test.each([
    'get',
    'Get',
    'CONNECT',
    'TRACE',
    'TRACK',
    'DEBUG',
    'GET ',
    ' GET',
    'GET /x',
    'GE\r\nT',
    'G-T',
    'ＧＥＴ',
    '*',
    'PRI',
  ])('never 44: %j is refused', (method) => expect(refusal({ method })).toBe('malformed'));
});

describe('never 44: an agent’s headers', () => {
  const refused = [
    'Authorization',
    'authorization',
    'AUTHORIZATION',
    'Authorization ',
    ' authorization',
    'author\tization',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Host',
    'host',
    'HOST',
    'Cookie',
    'Cookie2',
    'Set-Cookie',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'transfer_encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    'Content-Length',
    'Content-Encoding',
    'Accept-Encoding',
    'Range',
    'If-Range',
    'Via',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Prefix',
    'X-Real-IP',
    'X-Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-Host',
    'X-Host',
    'X-HTTP-Method',
    'X-HTTP-Method-Override',
    'X-Http-Method-Override',
    'X-Method-Override',
    'X-METHOD',
    'Destination',
    'Max-Forwards',
    'Sec-WebSocket-Key',
    'Origin',
    'Referer',
    'X-Api-Key',
    'x-api-key',
    'User-Agent',
    ':authority',
    ':path',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    'a b',
    'a:b',
    'a\r\nb',
    'a\0b',
    'X-Tenant\r\nHost',
    'Ηost',
    'x＿tenant',
    'X-Unknown',
  ];
  test.each(refused)('%j is refused', (name) => {
    expect(refusal({ headers: [[name, 'x']] })).toBe('malformed');
  });
  test.each(['a\r\nHost: evil', 'a\nb', 'a\rb', 'a\0b', 'ä', 'a\u2028b', '\ta', ' a', 'a ', 'a\u007f'])(
    'the value %j is refused',
    (value) => expect(refusal({ headers: [['Accept', value]] })).toBe('malformed'),
  );
  test('a header twice is refused, however it is written', () => {
    expect(
      refusal({
        headers: [
          ['Accept', 'a'],
          ['accept', 'b'],
        ],
      }),
    ).toBe('malformed');
  });
  test('those that say what is wanted are kept, in lower case and in order', () => {
    expect(
      parse({
        headers: [
          ['X-Tenant', 'north'],
          ['Accept', 'text/plain'],
          ['If-Match', '"1"'],
          ['Idempotency-Key', 'k-1'],
        ],
      }).headers,
    ).toEqual([
      ['x-tenant', 'north'],
      ['accept', 'text/plain'],
      ['if-match', '"1"'],
      ['idempotency-key', 'k-1'],
    ]);
  });
  test('more than eight kilobytes are too large', () => {
    expect(refusal({ headers: [['Accept', 'a'.repeat(9000)]] })).toBe('too_large');
  });
  test('no header gets through that is not on the list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: 'binary' })), {
          maxLength: 4,
        }),
        (headers) => {
          if (refusal({ headers }) !== 'accepted') return;
          for (const [name, value] of parse({ headers }).headers) {
            expect(name).toMatch(/^[a-z-]+$/);
            expect(value).toMatch(/^[\x20-\x7e]*$/);
          }
        },
      ),
    );
  });
});

describe('never 44: an override of the method', () => {
  test.each([
    '_method=DELETE',
    'a=1&_method=delete',
    '_METHOD=put',
    '%5fmethod=DELETE',
    '%255fmethod=DELETE',
    '_method[]=DELETE',
    '+_method=x',
    'a=1;_method=DELETE',
    '_HttpMethod=PATCH',
    'X-HTTP-Method-Override=DELETE',
    'x_http_method_override=DELETE',
    'x-http-method=DELETE',
    'method=DELETE',
    'method=delete',
    'httpMethod=PUT',
    '__method=x',
    '$method=DELETE',
    '_%6dethod=DELETE',
    'method_override=DELETE',
  ])('in the query or a form: %s', (fields) => {
    expect(refusal({ path: `/v1/x?${fields.replaceAll('$', '%24')}` })).toBe('malformed');
    const headers: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
    expect(refusal({ method: 'POST', headers, body: fields })).toBe('malformed');
    expect(refusal({ method: 'POST', headers: [['Content-Type', 'text/plain']], body: fields })).toBe(
      'malformed',
    );
  });
  test.each([
    '{"_method":"DELETE"}',
    '{"a":[{"_method":"x"}]}',
    '{"\\u005fmethod":"DELETE"}',
    '{"_method" : "put"}',
    '{"_method":1,"_method":2}',
    '{"x-http-method-override":"DELETE"}',
  ])('in JSON: %s', (body) => expect(refusal({ method: 'POST', body })).toBe('malformed'));
  test('how something is paid is none', () => {
    expect(refusal({ path: '/v1/payments?method=card&payment_method=pm_1&verb=go' })).toBe('accepted');
    expect(refusal({ method: 'POST', body: '{"method":"card","payment_method":"DELETE"}' })).toBe('accepted');
  });
});

describe('a body', () => {
  test.each([
    ['{"a":1}', 'application/json'],
    ['[1]', 'application/json'],
    ['"text"', 'application/json'],
    ['{a}', 'text/plain; charset=utf-8'],
    ['hello', 'text/plain; charset=utf-8'],
    ['', 'text/plain; charset=utf-8'],
  ])('%s without a type is sent as %s', (body, type) => {
    expect(parse({ method: 'POST', body }).headers).toEqual([['content-type', type]]);
  });
  test('is not changed, and its type neither', () => {
    const body = ' { "a" : 1.0, "a": 12345678901234567890 }\r\n';
    const headers: [string, string][] = [['Content-Type', 'application/vnd.api+json; charset=UTF-8']];
    expect(parse({ method: 'PATCH', headers, body })).toMatchObject({
      body,
      headers: [['content-type', headers[0]?.[1]]],
    });
  });
  test.each([
    ['GET', [], '{}'],
    ['HEAD', [], 'x'],
    ['POST', [], '\uD800'],
    ['POST', [], 'a\0b'],
    ['POST', [['Content-Type', 'multipart/form-data; boundary=x']], '--x'],
    ['POST', [['Content-Type', 'application/octet-stream']], 'x'],
    ['POST', [['Content-Type', 'text/plain; charset=utf-7']], 'x'],
    ['POST', [['Content-Type', 'text/plain; charset=utf-16']], 'x'],
    ['POST', [['Content-Type', 'application/json; charset=utf-8; boundary=x']], '{}'],
    ['POST', [['Content-Type', 'application/json, text/plain']], '{}'],
    ['POST', [['Content-Type', '']], '{}'],
  ] as [string, [string, string][], string][])(
    'that a server could read as another is refused: %s %j %j',
    (method, headers, body) => {
      expect(refusal({ method, headers, body })).toBe('malformed');
    },
  );
  test('beyond a megabyte is too large, counted in bytes', () => {
    expect(refusal({ method: 'POST', body: 'ä'.repeat(600_000) })).toBe('too_large');
  });
  test('may be missing where its type is given', () => {
    const headers: [string, string][] = [['Content-Type', 'application/json']];
    expect(parse({ headers })).toMatchObject({ body: null, headers: [['content-type', 'application/json']] });
    expect(refusal({ headers: [['Content-Type', 'multipart/form-data']] })).toBe('malformed');
  });
});
