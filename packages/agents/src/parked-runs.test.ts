/** How a taken run is kept, where the gateway answers and where it doesn't. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId, type ParkRequest } from '@countersign/core';
import { afterEach, expect, jest, test } from '@jest/globals';
import { type GatewayClient, gatewayClient } from './gateway-client.ts';
import type { RunResultLike } from './sdk.ts';

const servers: Server[] = [];
afterEach(() => {
  jest.useRealTimers();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Double {
  readonly gateway: GatewayClient;
  /** The last segment of each path that was asked for. */
  readonly asked: string[];
  /** Answers the next request for this with a failure. */
  readonly fail: (what: string, status: number, code: string) => void;
}

/** A double of a gateway that keeps one parked run and never decides anything. */
async function double(): Promise<Double> {
  const asked: string[] = [];
  const failures = new Map<string, [number, string]>();
  let kept: ParkRequest | undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const what = request.url?.split('/').at(-1) ?? '';
      asked.push(what);
      const [status, code] = failures.get(what) ?? [200, ''];
      failures.delete(what);
      response.statusCode = status;
      if (status !== 200)
        return response.end(JSON.stringify({ error: { code, message: code, retry: 'no' } }));
      if (what === 'principal') return response.end('{"id":"agent:support","on_behalf_of":null}');
      if (what === 'runs') kept = JSON.parse(body) as ParkRequest;
      if (what === 'finish') return response.end(JSON.stringify({ id: kept?.id, finished: true }));
      const { id, run, schema_version, fingerprint, state } = kept as ParkRequest;
      const times = { parked_at: '2026-11-20T10:00:00.000Z', waiting: 0, leased_until: null };
      const view = { id, run, schema_version, fingerprint, ...times };
      return response.end(JSON.stringify(what === 'unpark' ? { view, state } : view));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const gateway = gatewayClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 't',
    stateKey: new Uint8Array(32),
  });
  return { gateway, asked, fail: (what, status, code) => failures.set(what, [status, code]) };
}

/** A paused run, by shape. */
function paused(context: unknown = {}, usage = {}): RunResultLike {
  return {
    interruptions: [{ arguments: '{}', agent: { name: 'A', tools: [] }, rawItem: {} }],
    state: {
      _context: { context, usage },
      getInterruptions: () => [],
      approve: () => {},
      reject: () => {},
      toString: () => JSON.stringify({ $schemaVersion: '1.22', context: { context } }),
    },
  };
}

/** Until the requests that a timer made are answered. */
const settled = async (asked: readonly string[], count: number): Promise<void> => {
  for (let tries = 0; asked.length < count && tries < 200; tries++)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
};

test('a run that is taken is renewed every five minutes, until it is finished; then no more', async () => {
  const { gateway, asked } = await double();
  const id = await gateway.park(paused());
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  await gateway.unpark(id);
  asked.length = 0;
  jest.advanceTimersByTime(15 * 60_000);
  await settled(asked, 3);
  expect(asked).toEqual(['renew', 'renew', 'renew']);
  await gateway.finish(id);
  jest.advanceTimersByTime(60 * 60_000);
  await settled(asked, 5);
  expect(asked).toEqual(['renew', 'renew', 'renew', 'finish']);
});

test('a renewal that fails is tried again at the next turn; one that another took is a lost lease when it is parked again', async () => {
  const { gateway, asked, fail } = await double();
  const context = {};
  const usage = {};
  const id = await gateway.park(paused(context, usage));
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  await gateway.unpark(id);
  asked.length = 0;
  fail('renew', 503, 'unavailable');
  jest.advanceTimersByTime(5 * 60_000);
  await settled(asked, 1);
  fail('renew', 409, 'lease_lost');
  jest.advanceTimersByTime(5 * 60_000);
  await settled(asked, 2);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  jest.useRealTimers();
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await expect(gateway.park(paused(context, usage))).rejects.toMatchObject({
    code: 'lease_lost',
    message: expect.stringMatching(id),
  });
});

test('an answer that got lost is asked for again under the same id and lease', async () => {
  const { gateway, asked, fail } = await double();
  fail('runs', 503, 'unavailable');
  const id = await gateway.park(paused());
  fail('unpark', 503, 'shutting_down');
  await gateway.unpark(id);
  fail('finish', 503, 'unavailable');
  await gateway.finish(id);
  expect(asked).toEqual(['principal', 'runs', 'runs', 'principal', 'unpark', 'unpark', 'finish', 'finish']);
});

test('a run that cannot go on here is given back, and is no longer renewed', async () => {
  const { gateway, asked, fail } = await double();
  const id = await gateway.park(paused());
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  await gateway.unpark(id);
  asked.length = 0;
  await gateway.release(id);
  jest.advanceTimersByTime(60 * 60_000);
  await settled(asked, 2);
  expect(asked).toEqual(['release']);
  const notTaken = { code: 'lease_lost', message: expect.stringMatching('this process has not taken it') };
  await expect(gateway.release(id)).rejects.toMatchObject(notTaken);
  await gateway.unpark(id);
  fail('release', 409, 'lease_lost');
  await expect(gateway.release(id)).rejects.toMatchObject({ code: 'lease_lost' });
  await expect(gateway.release(id)).rejects.toMatchObject(notTaken);
});

test('a run that cannot be opened is given back', async () => {
  const { gateway, asked } = await double();
  const id = await gateway.park(paused());
  const other = gatewayClient({ url: gateway.url, token: 't', stateKey: new Uint8Array(32).fill(1) });
  await expect(other.unpark(id)).rejects.toMatchObject({ code: 'state_unreadable' });
  expect(asked.slice(-2)).toEqual(['unpark', 'release']);
});

class Session {
  readonly user = 'ada';
}

test.each([
  ['waits for nothing', { ...paused(), interruptions: [] }, 'it waits for nothing'],
  ['has a frozen context', paused(Object.freeze({ user: 'ada' })), 'does not keep the run’s id'],
  ['has a class’s context', paused(new Session()), 'does not keep the run’s id'],
  [
    'cannot be written down',
    (() => {
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      return paused(circle);
    })(),
    'cannot be written down',
  ],
  [
    'is of something else',
    { ...paused(), state: { ...paused().state, toString: () => '{}' } },
    'no \\$schemaVersion',
  ],
])('a run that %s is not parked', async (_what, result, why) => {
  const { gateway, asked } = await double();
  await expect(gateway.park(result)).rejects.toMatchObject({
    code: 'not_parkable',
    message: expect.stringMatching(`This run cannot be parked: .*${why}`),
  });
  expect(asked).toEqual([]);
});

test('without a state key, and with an id that is none, the error says so', async () => {
  const gateway = gatewayClient({ url: 'http://127.0.0.1:9', token: 't' });
  const noKey = {
    code: 'config_invalid',
    message: expect.stringMatching('COUNTERSIGN_STATE_KEY is not set'),
  };
  await expect(gateway.park(paused())).rejects.toMatchObject(noKey);
  await expect(gateway.unpark(newId('park'))).rejects.toMatchObject(noKey);
  await expect(gateway.finish('../calls')).rejects.toMatchObject({ code: 'malformed' });
});
