import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CountersignError, errorTable, newId, type SubmitRequest } from '@countersign/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from './client.ts';
import { neverSent } from './transport.ts';

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function nobodyThere(): Promise<string> {
  const url = await answering(() => {});
  const server = open.pop();
  await new Promise((resolve) => server?.close(resolve));
  return url;
}

/** A double of a gateway: answers what the test says, decides and keeps nothing. */
async function answering(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => handler(request, body, response));
  });
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const view = {
  id: newId('call'),
  state: 'waiting',
  connection: 'shop-db',
  run: 'r1',
  input_digest: 'a'.repeat(64),
  decision: 'ask',
  code: 'needs_approval',
  reason: 'A person has to approve this.',
  retry: null,
  created_at: '2026-11-20T10:00:00.000Z',
  approval: newId('apr'),
  vote_by: '2026-11-20T11:00:00.000Z',
  start_by: null,
} as const;
const submit: SubmitRequest = {
  connection: 'shop-db',
  input: { sql: 'select 1' },
  run: 'r1',
  tool: 't',
  call: 'c1',
};

const caught = async (promise: Promise<unknown>): Promise<CountersignError> => {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw error;
  return error;
};

test('a request carries the token and the body, and the answer is parsed', async () => {
  const seen: unknown[] = [];
  const url = await answering(({ method, url: path, headers }, body, response) => {
    seen.push([method, path, headers.authorization, headers['content-type'], JSON.parse(body)]);
    response.end(JSON.stringify(view));
  });
  const client = createClient({ url: `${url}/behind/a/proxy`, token: async () => 'secret-1' });
  expect(await client.submitCall(submit)).toEqual(view);
  expect(seen).toEqual([['POST', '/behind/a/proxy/v1/calls', 'Bearer secret-1', 'application/json', submit]]);
});

test('ids from outside stay one segment of the path', async () => {
  let path: string | undefined;
  const url = await answering((request, _body, response) => {
    path = request.url;
    response.end(JSON.stringify(view));
  });
  await createClient({ url, token: 't' }).getCall('../tokens?x=#' as never, { wait: 5 });
  expect(path).toBe('/v1/calls/..%2Ftokens%3Fx%3D%23?wait=5');
});

describe('a refusal', () => {
  const refusing = (status: number, body: string) =>
    answering((_request, _body, response) => {
      response.statusCode = status;
      response.end(body);
    });
  const problem = (code: string, message: string) =>
    JSON.stringify({ error: { code, message, retry: 'no' } });

  test('becomes an error of its code, with the gateway’s details once', async () => {
    const told = new CountersignError('malformed', { what: 'the key "a" twice', expected: 'each key once' });
    const url = await refusing(400, problem('malformed', told.toModel()));
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.code).toBe('malformed');
    expect(error.message).toBe('The request was malformed: the key "a" twice; expected each key once.');
  });

  test('becomes an error whose message is the table’s where the gateway says no more', async () => {
    const url = await refusing(401, problem('unauthenticated', errorTable.unauthenticated.model));
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.toOperator()).toBe(`unauthenticated: ${errorTable.unauthenticated.people}`);
  });

  test.each([
    ['a code it does not know', 418, problem('teapot', 'short and stout')],
    ['a prototype’s name as code', 418, problem('__proto__', 'x')],
    ['a proxy’s page', 502, '<html>Bad Gateway</html>'],
    ['nothing', 500, ''],
  ])('with %s is internal', async (_what, status, body) => {
    const url = await refusing(status, body);
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.code).toBe('internal');
    expect(error.message).toMatch(`status ${status}`);
  });
});

test.each([
  ['no JSON', 'no'],
  ['another shape', '{"state":"allowed"}'],
  ['a field nobody knows', JSON.stringify({ ...view, extra: 1 })],
  ['a state nobody knows', JSON.stringify({ ...view, state: 'fine' })],
  ['nothing', ''],
])('an answer of %s is internal, never a decision', async (_what, body) => {
  const url = await answering((_request, _body, response) => response.end(body));
  const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
  expect(error.code).toBe('internal');
  expect(error.message).toMatch('the gateway answered');
});

test('an answer beyond the limit is internal, and is not read to its end', async () => {
  const url = await answering((_request, _body, response) => {
    const chunk = ' '.repeat(64 * 1024);
    const more = () => {
      while (!response.closed && response.write(chunk));
      if (!response.closed) response.once('drain', more);
    };
    more();
  });
  const error = await caught(createClient({ url, token: 't', maxAnswerBytes: 1_000_000 }).submitCall(submit));
  expect(error.code).toBe('internal');
  expect(error.message).toMatch('more than 1000000 bytes');
});

describe('a gateway that does not answer', () => {
  test('is unreachable, and known to have got nothing where no connection came about', async () => {
    const url = await nobodyThere();
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.code).toBe('unreachable');
    expect(error.message).toBe(`The gateway could not be reached: ${url}/.`);
    expect(neverSent(error)).toBe(true);
  });

  test('is unreachable when it hangs up in the middle, and may have got it', async () => {
    const url = await answering((_request, _body, response) => {
      response.write('{"id":');
      setImmediate(() => response.destroy());
    });
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.code).toBe('unreachable');
    expect(neverSent(error)).toBe(false);
  });

  test('is unreachable after the deadline', async () => {
    const url = await answering(() => {});
    const error = await caught(createClient({ url, token: 't', timeoutMs: 30 }).submitCall(submit));
    expect(error.code).toBe('unreachable');
  });

  test('is unreachable when it redirects: the token goes nowhere else', async () => {
    const asked: unknown[] = [];
    const elsewhere = await answering((request, _body, response) => {
      asked.push(request.headers.authorization);
      response.end(JSON.stringify(view));
    });
    const url = await answering((_request, _body, response) => {
      response.writeHead(307, { location: `${elsewhere}/v1/calls` }).end();
    });
    const error = await caught(createClient({ url, token: 't' }).submitCall(submit));
    expect(error.code).toBe('unreachable');
    expect(asked).toEqual([]);
  });
});

test('an abort throws what it was aborted with, before and during the request', async () => {
  const url = await answering(() => {});
  const client = createClient({ url, token: 't' });
  const reason = new Error('enough');
  await expect(client.submitCall(submit, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const pending = client.submitCall(submit, { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await expect(pending).rejects.toBe(reason);
});

test.each([
  'http://gateway.example',
  'http://127.0.0.1.example',
  'http://10.0.0.1',
  'https://user:pass@gateway.example',
  'https://gateway.example/?a=1',
  'ftp://gateway.example',
  'gateway.example',
  '',
])('the address %j is refused', (url) => {
  expect(() => createClient({ url, token: 't' })).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringContaining('the gateway’s url'),
    }),
  );
});

test.each(['https://gateway.example', 'http://localhost:7400', 'http://127.0.0.1:7400', 'http://[::1]:7400'])(
  'the address %j is taken',
  (url) => {
    expect(createClient({ url, token: 't' }).url).toBe(`${url}/`);
  },
);

describe('a token', () => {
  test('that cannot be sent is refused without being shown', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1', token: 'sesame\r\nx: y' });
    const error = await caught(client.submitCall(submit));
    expect(error.code).toBe('config_invalid');
    expect(`${error.stack} ${String(error.cause)}`).not.toMatch('sesame');
  });

  test('that cannot be had is unauthenticated', async () => {
    const client = createClient({
      url: 'http://127.0.0.1:1',
      token: () => Promise.reject(new Error('vault')),
    });
    expect((await caught(client.submitCall(submit))).code).toBe('unauthenticated');
  });
});

describe('events', () => {
  const line = JSON.stringify({ index: 0, event: '{}' });

  test('are read line by line', async () => {
    const url = await answering((request, _body, response) => {
      expect(request.url).toBe('/v1/events?after=-1&limit=1000');
      response.end(`${line}\n${line}\n`);
    });
    expect(await createClient({ url, token: 't' }).events()).toEqual([
      { index: 0, event: '{}' },
      { index: 0, event: '{}' },
    ]);
  });

  test('are not read in part', async () => {
    const url = await answering((_request, _body, response) => response.end(`${line}\n{"index"\n`));
    expect((await caught(createClient({ url, token: 't' }).events())).code).toBe('internal');
  });
});

test('health is asked without a token, and an unreachable gateway is neither alive nor ready', async () => {
  const url = await answering((request, _body, response) => {
    expect(request.headers.authorization).toBeUndefined();
    response.statusCode = request.url === '/healthz' ? 200 : 503;
    response.end('{}');
  });
  const client = createClient({ url });
  expect([await client.isAlive(), await client.isReady()]).toEqual([true, false]);
  expect(await createClient({ url: await nobodyThere() }).isAlive()).toBe(false);
});
