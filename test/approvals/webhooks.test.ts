/** Webhooks, as a receiver sees them: two gateways of one store, and one that dies while it tells. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@countersign/client';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { appendEvent } from '../../packages/gateway/src/store/append-event.ts';
import { type Doomed, endOf, startDoomed } from '../fault/crash-schedule-gateways.ts';
import { type Harness, rules, seed, startHarness, submit, vote } from '../gateway/harness.ts';
import { until } from '../support/until.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

const hooks = (own: Receiver) => `
identity: { public_url: "https://countersign.example" }
webhooks:
  all: { url: "${own.url}/all", secret: "\${HOOK_SECRET}" }
  stops: { url: "${own.url}/stops", secret: "\${HOOK_SECRET}", events: [stopped] }
`;

const to = (path: string) => receiver.received.filter((one) => one.path === path);
const inShort = ({ message: { type, data } }: Received) =>
  data['decision'] === undefined ? type : `${type} ${JSON.stringify(data['decision'])}`;
const about = (call: { id: string }) => to('/all').filter(({ message }) => message.data['call'] === call.id);

describe('two gateways of one store', () => {
  let harness: Harness;
  let second: Awaited<ReturnType<Harness['another']>>;
  let agent: Client;
  let dana: Client;
  beforeAll(async () => {
    const quick = `
  - { name: soon, actions: [write.delete], resources: ["table:public.notes"], then: { ask: { approvers: [dba], vote_within: 20s, remind: 19900ms } } }
`;
    harness = await startHarness({
      on: 'postgres',
      policy: `${rules}${quick}${hooks(receiver)}`,
      env: { HOOK_SECRET: receiver.secret },
    });
    second = await harness.another();
    agent = await harness.agent();
    dana = await harness.person('dana');
  });
  afterAll(async () => {
    await second.close();
    await harness.close();
  });

  test('tell each thing once, signed, with ids and a link, and nothing that anybody wrote', async () => {
    const calls = [];
    for (let n = 0; n < 8; n++)
      calls.push(
        await submit(agent, `update accounts set balance = 4711 where id = ${n + 1}`, {
          run: `secret-run-${n}`,
          purpose: 'a secret purpose',
        }),
      );
    const [approved, rejected, cancelled] = calls as [
      (typeof calls)[0],
      (typeof calls)[0],
      (typeof calls)[0],
    ];
    await vote(dana, approved);
    await vote(dana, rejected, 'reject', 'a secret reason');
    await agent.cancelCall(cancelled.id);
    const stop = await harness.operator.createStop({
      scope: { kind: 'connection', connection: 'vault' },
      reason: 'a secret stop',
    });
    await harness.operator.liftStop(stop.id);
    await receiver.until(() => to('/all').length >= 12 && to('/stops').length >= 1);
    expect(about(approved).map(inShort).sort()).toEqual(['approval.asked', 'approval.decided "approved"']);
    expect(about(rejected).map(inShort).sort()).toEqual(['approval.asked', 'approval.decided "rejected"']);
    expect(about(cancelled).map(inShort).sort()).toEqual(['approval.asked', 'approval.decided "cancelled"']);
    expect(to('/stops').map(inShort)).toEqual(['stop.made']);
    expect(receiver.received.every(({ verified }) => verified)).toBe(true);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(receiver.received.length);
    const [asked] = about(approved).filter(({ message }) => message.type === 'approval.asked');
    expect(asked?.message).toEqual({
      type: 'approval.asked',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        approval: approved.approval,
        call: approved.id,
        run: expect.stringMatching(/^run_[0-9a-f]{32}$/),
        connection: 'bank',
        principal: 'agent:teller',
        approvers: ['dba'],
        vote_by: expect.stringMatching(/Z$/),
        url: `https://countersign.example/console/approvals/${approved.approval}`,
      },
    });
    for (const { text } of receiver.received) expect(text).not.toMatch(/secret|4711|accounts|balance/);
  });

  test('tell of an incident, by its code and its place', async () => {
    const { ledger, store } = harness.gateway.engine;
    const data = { connection: 'bank', principal: 'agent:teller' };
    await appendEvent(
      store.db,
      await ledger.event({ type: 'incident.wall_refused', actor: 'gateway', call: 'call_x', data }),
    );
    ledger.wake();
    const incidents = () => to('/all').filter(({ message }) => message.type.startsWith('incident.'));
    await receiver.until(() => incidents().length > 0);
    expect(incidents().map(({ message }) => [message.type, message.data])).toEqual([
      ['incident.wall_refused', { code: 'wall_refused', call: 'call_x', connection: 'bank' }],
    ]);
  });

  test('remind once, before the clock is out', async () => {
    const call = await submit(agent, 'delete from notes where id = 1');
    expect(call.state).toBe('waiting');
    await receiver.until(() => about(call).length >= 2);
    expect((await dana.getApproval(call.approval as never)).remind_at).toBeNull();
    await agent.cancelCall(call.id);
    await receiver.until(() => about(call).length >= 3);
    expect(about(call).map(inShort)).toEqual([
      'approval.asked',
      'approval.reminded',
      'approval.decided "cancelled"',
    ]);
    const reminded = (await harness.operator.events({ limit: 10_000 })).filter(
      (line) => 'event' in line && line.event.includes('"approval.reminded"') && line.event.includes(call.id),
    );
    expect(reminded).toHaveLength(1);
  });

  test('try again with the same id and body when they are refused, follow no redirect, and give up what is gone', async () => {
    receiver.answer('/stops', 302, 500, 204, 410);
    const before = to('/stops').length;
    const stop = async () => {
      const made = await harness.operator.createStop({ scope: { kind: 'connection', connection: 'vault' } });
      await harness.operator.liftStop(made.id);
    };
    await stop();
    await receiver.until(() => to('/stops').length >= before + 2);
    const [first, again] = to('/stops').slice(before);
    expect([again?.id, again?.message]).toEqual([first?.id, first?.message]);
    expect(again?.verified).toBe(true);
    expect(to('/elsewhere')).toEqual([]);
    receiver.answer('/stops', 410);
    await stop();
    await receiver.until(() => to('/stops').length >= before + 3);
    const given = async (): Promise<boolean> => {
      const lines = await harness.operator.events({ limit: 10_000 });
      return lines.some((line) => 'event' in line && line.event.includes('"webhook.given_up"'));
    };
    await until(given);
  });
});

describe('a webhook that nobody empties', () => {
  test('fills to a bound, and keeps neither the others nor any call waiting', async () => {
    const harness = await startHarness({
      policy: `${rules}${hooks(receiver)}`,
      env: { HOOK_SECRET: receiver.secret },
    });
    try {
      const { db } = harness.gateway.engine.store;
      await sql`
        insert into deliveries (id, webhook, event_id, body, next_at)
        select 'msg_' || n, 'stops', 'evt_' || n, '{}', now() + interval '1 day' from generate_series(1, 10000) n`.execute(
        db,
      );
      const [stops, all] = [to('/stops').length, to('/all').length];
      const stop = await harness.operator.createStop({ scope: { kind: 'connection', connection: 'vault' } });
      await receiver.until(() => to('/all').length > all);
      expect(to('/all').at(-1)?.message.data).toMatchObject({ stop: stop.id });
      expect((await submit(await harness.agent(), 'select 1')).state).toBe('allowed');
      expect(to('/stops')).toHaveLength(stops);
      const { rows } = await sql<{ n: number }>`
        select count(*)::float8 as n from deliveries where webhook = 'stops'`.execute(db);
      expect(rows).toEqual([{ n: 10_000 }]);
    } finally {
      await harness.close();
    }
  });
});

describe('a gateway that is killed while it tells', () => {
  let server: PostgresServer;
  let folder: string;
  let own: Receiver;
  let doomed: Doomed;
  let tokens: { readonly agent: string; readonly env: Readonly<Record<string, string>> };
  /** The message that it dies of: it was heard, and nobody answered. */
  let fatal: (one: Received) => boolean = () => false;

  const reminding = `
  - { name: soon, actions: [write.delete], resources: ["table:public.notes"], then: { ask: { approvers: [dba], vote_within: 1h, remind: 3599900ms } } }
  - { name: later, actions: [write.update], resources: ["table:public.notes"], then: { ask: { approvers: [dba], vote_within: 1h, remind: 3597000ms } } }
`;
  const start = async (env: Readonly<Record<string, string>>): Promise<Doomed> => {
    const started = await startDoomed(folder, 'unpark.before', env);
    if (started === null) throw new Error('it died at its start');
    return started;
  };
  const startAgain = async () => {
    await endOf(doomed.child);
    doomed = await start(tokens.env);
  };
  const agent = () => createClient({ url: doomed.url, token: tokens.agent });
  const operator = () => createClient({ url: doomed.url, token: doomed.operatorToken });
  /** What was told of a call, or of all of them, at the webhook that is told everything. */
  const told = (type: string, call?: string) =>
    own.received.filter(
      ({ path, message }) =>
        path === '/all' && message.type === type && (call === undefined || message.data['call'] === call),
    );
  const idsOf = (messages: readonly Received[]) => new Set(messages.map(({ id }) => id));

  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'countersign-webhooks-'));
    own = await startReceiver();
    const target = await server.createDatabase({ seed });
    const policy = rules.replace('version: 1\n', `version: 1\nserver: { data: ${join(folder, 'data')} }\n`);
    writeFileSync(join(folder, 'countersign.yaml'), `${policy}${reminding}${hooks(own)}`);
    const env = { BANK_URL: target.url, HOOK_SECRET: own.secret };
    doomed = await start(env);
    const minted = await operator().mintToken({
      class: 'agent',
      name: 'teller',
      groups: ['agents'],
      owner: 'olivia',
    });
    tokens = { agent: minted.token, env };
    own.onMessage((one) => {
      if (!fatal(one)) return;
      fatal = () => false;
      doomed.child.kill('SIGKILL');
    });
  }, 60_000);
  afterAll(async () => {
    await endOf(doomed.child);
    await own.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('loses nothing, and tells what it may have told already with the same id', async () => {
    const asked: string[] = [];
    // It dies as it tells of the first one, and before it tells of others.
    fatal = () => true;
    for (let n = 0; n < 50; n++) {
      const call = await submit(agent(), `update accounts set balance = ${n} where id = 1`).catch(() => null);
      if (call === null) break;
      asked.push(call.id);
    }
    await startAgain();
    // The one that it died of comes again.
    const again = () => own.received.length > idsOf(own.received).size;
    await own.until(() => asked.every((call) => told('approval.asked', call).length > 0) && again());
    const byCall = Map.groupBy(told('approval.asked'), ({ message }) => message.data['call']);
    expect(asked.length).toBeGreaterThanOrEqual(1);
    for (const messages of byCall.values()) {
      expect(idsOf(messages).size).toBe(1);
      expect(new Set(messages.map(({ message }) => JSON.stringify(message))).size).toBe(1);
    }
    expect(own.received.every(({ verified }) => verified)).toBe(true);
  });

  test('reminds all the same: of a call that it died of reminding of, and of one that was due meanwhile, once by the record', async () => {
    // Whichever it reminds of first: when it is back, the other one is reminded of as well.
    fatal = ({ path, message: { type } }) => path === '/all' && type === 'approval.reminded';
    const before = performance.now();
    const soon = await submit(agent(), 'delete from notes where id = 1');
    // What the gateway before was looking at when it died is nobody's turn any more: a turn runs for fifteen seconds.
    expect(performance.now() - before).toBeLessThan(10_000);
    const later = await submit(agent(), "update notes set body = 'x' where id = 1");
    expect([soon.state, later.state]).toEqual(['waiting', 'waiting']);
    await own.until(() => told('approval.reminded').length > 0);
    await startAgain();
    await own.until(() => {
      const reminders = told('approval.reminded');
      return reminders.length > 2 && idsOf(reminders).size === 2;
    });
    const lines = await operator().events({ limit: 10_000 });
    for (const { id } of [soon, later]) {
      const messages = told('approval.reminded', id);
      expect(idsOf(messages).size).toBe(1);
      expect(messages.every(({ verified }) => verified)).toBe(true);
      const events = lines.filter(
        (line) => 'event' in line && line.event.includes('"approval.reminded"') && line.event.includes(id),
      );
      expect(events).toHaveLength(1);
    }
  });
});
