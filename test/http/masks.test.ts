/** What an answer hides from the agent: by path in JSON, by detector wherever it stands. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRoad, policy, type Road } from './road.ts';
import { body, json } from './target.ts';

const masks = `masks:
  - { json_paths: ["$..iban", "$.customer.name"], resources: ["http:/v1/invoices/**"], with: redact }
  - { detect: [email, secret], with: redact }
`;

let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('', masks));
}, 60_000);
afterAll(() => road.close());

async function got(path: string, type: string, text: string) {
  road.target.answer(body(type, text));
  return (await road.result({ method: 'GET', path })).body;
}

const invoice =
  '{"customer":{"name":"Zoe","mail":"zoe@shop.example"},"lines":[{"iban":"CH93 0076"}],"n":1.0}';
const masked =
  '{"customer":{"name":"[redacted]","mail":"[redacted]"},"lines":[{"iban":"[redacted]"}],"n":1.0}';

describe('a JSON body', () => {
  test.each(['application/json', 'application/problem+json', 'text/html', ''])('called %s', async (type) => {
    expect(await got('/v1/invoices/1', type, invoice)).toBe(masked);
  });
  test('paths hold where the mask says, detectors everywhere', async () => {
    expect(await got('/v1/other', 'application/json', invoice)).toBe(
      invoice.replace('zoe@shop.example', '[redacted]'),
    );
  });
  test('lines of JSON', async () => {
    expect(await got('/v1/invoices/1', 'application/x-ndjson', `${invoice}\n${invoice}\n`)).toBe(
      `${masked}\n${masked}\n`,
    );
  });
  test('events', async () => {
    const events = `id: 1\ndata: ${invoice}\n\nevent: ping\n\ndata: zoe@shop.example\n\n`;
    const seen = await got('/v1/invoices/1', 'text/event-stream', events);
    expect(seen).toContain(`data: ${masked}`);
    expect(seen).not.toMatch(/zoe|CH93/);
    expect(await got('/v1/other', 'text/event-stream', events)).toContain('data: [redacted]');
  });
  test('never 38: JSON in a text in JSON', async () => {
    const packed = JSON.stringify({
      customer: JSON.stringify({ name: 'Zoe' }),
      log: JSON.stringify([JSON.stringify({ iban: 'CH93' })]),
    });
    const seen = await got('/v1/invoices/1', 'application/json', packed);
    expect(seen).not.toMatch(/Zoe|CH93/);
    expect(JSON.parse(seen)).toMatchObject({ customer: '{"name":"[redacted]"}' });
  });
  test('never 38: what an event says beside its data', async () => {
    const lines = [`: ${invoice}`, `event: ${invoice}`, `data : ${invoice}`, invoice, 'event: paid', 'id: 7'];
    for (const line of lines) {
      const seen = await got('/v1/invoices/1', 'text/event-stream', `${line}\ndata: {"n":1}\n\n${line}\n`);
      expect(seen).not.toMatch(/zoe|CH93/);
      expect(seen).toContain('data: {"n":1}');
      if (line.length < 20) expect(seen).toContain(line);
    }
  });
  test('never 38: a member that GraphQL gave another name', async () => {
    road.target.answer(json({ data: { a: { b: 'CH93', c: 'Zoe', total: 1 } } }));
    const query = '{ a: invoice { ...F } } fragment F on Invoice { b: iban c: name total }';
    const { body: seen } = await road.result({
      method: 'POST',
      path: '/v1/invoices/graphql',
      body: JSON.stringify({ query }),
    });
    expect(seen).toBe('{"data":{"a":{"b":"[redacted]","c":"Zoe","total":1}}}');
    const { body: deep } = await road.result({
      method: 'POST',
      path: '/v1/invoices/graphql',
      body: JSON.stringify({ query: '{ invoice { x: iban y: z { iban: total } } }' }),
    });
    expect(deep).toContain('"b":"CH93"');
  });
  test.each([
    ['text/csv', 'name,iban\nZoe,CH93 0076\n'],
    ['application/xml', '<iban>CH93 0076</iban>'],
    ['application/json', `${invoice}${invoice}`],
    ['application/json', `callback(${invoice})`],
    ['application/x-www-form-urlencoded', 'iban=CH93+0076'],
    ['application/json', '"CH93 0076"'],
  ])('never 38: what is no JSON is hidden whole where paths hide something: %s %s', async (type, text) => {
    expect(await got('/v1/invoices/1', type, text)).toMatch(/^\[redacted\]/);
  });
});

describe('detectors look into', () => {
  test.each([
    ['text/plain', 'write to zoe@shop.example!', 'write to [redacted]!'],
    ['application/x-www-form-urlencoded', 'a=1&mail=zoe%40shop.example', 'a=1&mail=%5Bredacted%5D'],
    ['text/html', '<a>zoe@shop.example</a>', '<a>[redacted]</a>'],
    ['text/html', '<a>zoe&#64;shop.example</a>', '<a>[redacted]</a>'],
    ['text/html', 'zoe&commat;shop&period;example', '[redacted]'],
    ['text/html', 'zoe<b>@shop</b>.example', '[redacted]'],
    ['application/json', '{"zoe@shop.example":[1]}', '{"[redacted]":[1]}'],
  ])('%s: %s', async (type, text, seen) => {
    expect(await got('/v1/other', type, text)).toBe(seen);
  });

  test('headers, a redirect’s too', async () => {
    road.target.answer((_, response) => {
      response.writeHead(302, { location: '/u/zoe%40shop.example', 'x-owner': 'zoe@shop.example' }).end();
    });
    const { headers } = await road.result({ method: 'GET', path: '/v1/other' });
    expect(JSON.stringify(headers)).not.toMatch(/zoe/);
  });
});

test('a body that is cut shows nothing of its end', async () => {
  const text = `${'x '.repeat(524_260)}${'a'.repeat(40)} zoe@shop.example`;
  const seen = await got('/v1/other', 'text/plain', text);
  expect([/zoe|a{5}/.test(seen), seen.length > 1_000_000]).toEqual([false, true]);
});

test('never 40: a mask is not written back', async () => {
  const call = await road.submit({ method: 'POST', path: '/v1/notes', body: '{"mail":"[redacted]"}' });
  expect(call).toMatchObject({ state: 'denied', code: 'carries_mask' });
});
