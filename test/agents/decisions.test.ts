/** `gateway.on('decided')`: an application hears what people decide of its calls, across gateways that come and go. */
import { type CallView, gatewayClient } from '@countersign/agents';
import type { Client } from '@countersign/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness, submit, vote } from '../gateway/harness.ts';

let harness: Harness;
let second: Awaited<ReturnType<Harness['another']>>;
let dana: Client;
beforeAll(async () => {
  harness = await startHarness({ on: 'postgres' });
  second = await harness.another();
  dana = await harness.person('dana');
});
afterAll(() => harness.close());

const write = (client: Client, n: number) =>
  submit(client, `update accounts set balance = ${n} where id = 5`, { run: `heard-${n}`, call: 'c' });

/** What is told, one after the other. */
function listener<T>() {
  const told: T[] = [];
  let wake: (() => void) | undefined;
  return {
    told,
    tell: (one: T) => {
      told.push(one);
      wake?.();
    },
    until: async (count: number) => {
      while (told.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return told;
    },
  };
}

const inShort = (calls: readonly CallView[]) => calls.map(({ id, run, state }) => [id, run, state]);

test('tells each decision of one’s own calls, goes on where a gateway died, and stops when it is asked to', async () => {
  const { token, client } = await harness.mint({
    class: 'agent',
    name: 'teller',
    groups: ['agents'],
    owner: 'olivia',
  });
  const other = await harness.agent('other');
  let address = second.url;
  const gateway = gatewayClient({
    url: second.url,
    token,
    fetch: (input, init) => fetch(String(input as URL).replace(second.url, address), init),
  });
  const decisions = listener<CallView>();
  const begun = listener<true>();
  const stop = gateway.on('decided', decisions.tell, { catchUp: () => begun.tell(true) });
  await begun.until(1);

  const [approved, rejected] = [await write(client, 1), await write(client, 2)];
  const theirs = await write(other, 3);
  await vote(dana, theirs);
  await vote(dana, approved);
  await vote(dana, rejected, 'reject', 'no');
  expect(inShort(await decisions.until(2))).toEqual([
    [approved.id, 'heard-1', 'approved'],
    [rejected.id, 'heard-2', 'rejected'],
  ]);

  const waiting = await write(client, 4);
  await second.close();
  await vote(dana, waiting);
  const cancelled = await write(client, 5);
  await client.cancelCall(cancelled.id);
  address = harness.url;
  expect(inShort((await decisions.until(4)).slice(2))).toEqual([
    [waiting.id, 'heard-4', 'approved'],
    [cancelled.id, 'heard-5', 'cancelled'],
  ]);
  expect(begun.told).toHaveLength(1);

  stop();
  const late = await write(client, 6);
  await vote(dana, late);
  // Reading the record gives everything its place in it.
  await harness.operator.events();
  const again = listener<CallView>();
  const stopAgain = gateway.on('decided', again.tell, { catchUp: () => begun.tell(true) });
  await begun.until(2);
  await client.cancelCall((await write(client, 7)).id);
  await again.until(1);
  stopAgain();
  expect(decisions.told).toHaveLength(4);
  expect(again.told.map(({ state }) => state)).toEqual(['cancelled']);
});

test('says what ended it, and goes on past a listener that fails', async () => {
  const { token, client } = await harness.mint({
    class: 'agent',
    name: 'clumsy',
    groups: ['agents'],
    owner: 'olivia',
  });
  const gateway = gatewayClient({ url: harness.url, token });
  const failures = listener<unknown>();
  const begun = listener<true>();
  const calls = listener<string>();
  const stop = gateway.on(
    'decided',
    ({ id }) => {
      calls.tell(id);
      throw new Error('the listener’s own');
    },
    { catchUp: () => begun.tell(true), failed: failures.tell },
  );
  await begun.until(1);
  for (const n of [1, 2]) await client.cancelCall((await write(client, n)).id);
  await calls.until(2);
  expect(await failures.until(2)).toEqual([new Error('the listener’s own'), new Error('the listener’s own')]);
  stop();

  const wrong = gatewayClient({ url: harness.url, token: 'nobody’s'.replace('’', '') });
  const ended = listener<unknown>();
  wrong.on('decided', () => undefined, { failed: ended.tell });
  expect(await ended.until(1)).toMatchObject([{ code: 'unauthenticated' }]);
});
