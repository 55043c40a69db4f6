/** Changes as they happen, told by two gateways of one store: to whom they are for, in order, and from where one was. */
import { type Client, createClient, type Followed } from '@countersign/client';
import type { Change } from '@countersign/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Harness, refusal, startHarness, submit, vote } from '../gateway/harness.ts';

let harness: Harness;
let second: Awaited<ReturnType<Harness['another']>>;
let agent: Client;
let dana: Client;
let sam: Client;
let danaElsewhere: Client;
const ends: AbortController[] = [];
beforeAll(async () => {
  harness = await startHarness({ on: 'postgres' });
  second = await harness.another();
  agent = await harness.agent();
  [dana, sam, danaElsewhere] = await Promise.all([
    harness.person('dana'),
    harness.person('sam'),
    second.person('dana'),
  ]);
});
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});
afterAll(async () => {
  await second.close();
  await harness.close();
});

const update = (n: number) => submit(agent, `update accounts set balance = ${n} where id = 2`);

/** Follows until the test ends; `next` waits for so many more of what is told. */
async function followed(
  follow: (options: { signal: AbortSignal; after?: number }) => AsyncGenerator<Followed>,
  after?: number,
) {
  const end = new AbortController();
  ends.push(end);
  const told = follow({ signal: end.signal, ...(after === undefined ? {} : { after }) });
  const first = await told.next();
  const next = async (count: number): Promise<readonly Change[]> => {
    const changes: Change[] = [];
    while (changes.length < count) {
      const { value, done } = await told.next();
      if (done === true) throw new Error('the stream ended');
      if (value.kind === 'change') changes.push(value.change);
    }
    return changes;
  };
  return { ready: first.value as Followed, next };
}

const inShort = (changes: readonly Change[]) => changes.map(({ type, state }) => [type, state]);

test('what is asked, said, voted and decided is told in order, at the gateway where it happened and at the other', async () => {
  const streams = await Promise.all([
    followed((o) => dana.followApprovals(o)),
    followed((o) => danaElsewhere.followApprovals(o)),
  ]);
  for (const { ready } of streams) expect(ready).toEqual({ kind: 'ready', missed: false });
  const call = await update(1);
  await sam.comment(call.approval as never, { text: 'looking' });
  await vote(sam, call);
  const cancelled = await update(2);
  await agent.cancelCall(cancelled.id);
  const stop = await harness.operator.createStop({ scope: { kind: 'connection', connection: 'vault' } });
  await harness.operator.liftStop(stop.id);
  for (const { next } of streams) {
    const changes = await next(8);
    expect(changes.map(({ type }) => type)).toEqual([
      'asked',
      'commented',
      'voted',
      'decided',
      'asked',
      'cancelled',
      'stopped',
      'lifted',
    ]);
    expect(changes[3]).toMatchObject({
      approval: call.approval,
      call: call.id,
      state: 'approved',
      stop: null,
    });
    expect(changes[6]).toMatchObject({ stop: stop.id, approval: null, call: null, state: null });
    const places = changes.map(({ index }) => index);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  }
});

test('a stream goes on where it was, at another gateway too, and says when it missed too much to tell', async () => {
  const begun = await followed((o) => dana.followApprovals(o));
  const call = await update(3);
  const [asked] = await begun.next(1);
  await vote(sam, call, 'reject', 'no');
  const again = await followed((o) => danaElsewhere.followApprovals(o), asked?.index);
  expect(inShort(await again.next(2))).toEqual([
    ['voted', 'rejected'],
    ['decided', 'rejected'],
  ]);
  const fromFuture = await followed((o) => dana.followApprovals(o), 1_000_000);
  expect(fromFuture.ready).toEqual({ kind: 'ready', missed: true });
});

describe('who is told', () => {
  test('a person of what they may look at, an agent of its own calls, an auditor of everything', async () => {
    const { client: auditor } = await harness.mint({ class: 'auditor', name: 'eyes' });
    const other = await harness.agent('another');
    const kim = await harness.person('kim');
    const [kims, auditors, agents, others] = await Promise.all([
      followed((o) => kim.followApprovals(o)),
      followed((o) => auditor.followApprovals(o)),
      followed((o) => agent.followCalls(o)),
      followed((o) => other.followCalls(o)),
    ]);
    const call = await update(4);
    await vote(sam, call);
    const theirs = await submit(other, 'update accounts set balance = 5 where id = 3');
    await vote(sam, theirs, 'reject', 'no');
    const stop = await harness.operator.createStop({ scope: { kind: 'connection', connection: 'vault' } });
    await harness.operator.liftStop(stop.id);
    expect(inShort(await auditors.next(6)).map(([type]) => type)).toEqual([
      'asked',
      'voted',
      'decided',
      'asked',
      'voted',
      'decided',
    ]);
    // She was asked about none of it; stops concern everybody who looks on.
    expect(inShort(await kims.next(2))).toEqual([
      ['stopped', null],
      ['lifted', null],
    ]);
    expect(await agents.next(1)).toMatchObject([{ type: 'decided', call: call.id, state: 'approved' }]);
    expect(await others.next(1)).toMatchObject([{ type: 'decided', call: theirs.id, state: 'rejected' }]);
  });

  test('never 25: no agent follows approvals, and no person an agent’s calls', async () => {
    expect(await refusal(agent.followApprovals().next())).toBe('wrong_actor');
    expect(await refusal(dana.followCalls().next())).toBe('wrong_actor');
    expect(await refusal(createClient({ url: harness.url, token: 'x' }).followApprovals().next())).toBe(
      'unauthenticated',
    );
  });

  test('never 24: who was let in is told nothing more once their token is revoked', async () => {
    const { token } = await harness.mint({ class: 'person', name: 'dana' });
    const tokens = await harness.operator.listTokens();
    const response = await fetch(`${harness.url}/v1/approvals/events`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const heard = async () => {
      try {
        const { value, done } = await reader.read();
        return done ? 'the end' : new TextDecoder().decode(value);
      } catch {
        return 'the end';
      }
    };
    expect(await heard()).toContain('event: ready');
    await update(6);
    expect(await heard()).toContain('"asked"');
    await harness.operator.revokeToken(tokens.tokens[0]?.id as never);
    // For a second it may still be told of what happens.
    await new Promise((resolve) => {
      setTimeout(resolve, 1100);
    });
    await update(7);
    expect(await heard()).toBe('the end');
  });
});

test('streams are bounded: one principal opens so many, and an answer is no page to be kept', async () => {
  const { token } = await harness.mint({ class: 'person', name: 'olivia' });
  const gone = new AbortController();
  const opened = await Promise.all(
    Array.from({ length: 51 }, () =>
      fetch(`${harness.url}/v1/approvals/events`, {
        headers: { authorization: `Bearer ${token}` },
        signal: gone.signal,
      }),
    ),
  );
  const statuses = opened.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(50);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  const [first] = opened.filter(({ status }) => status === 200);
  expect(first?.headers.get('content-type')).toBe('text/event-stream');
  expect(first?.headers.get('cache-control')).toBe('no-store');
  gone.abort();
});
