/** The roads of a crash schedule: what is done while a gateway dies, and what has to be true of it afterwards. */
import { type CallView, newId } from '@countersign/core';
import { type CrashPoint, crashPoints, verifyLedger } from '@countersign/gateway';
import { expect } from '@jest/globals';
import type { Client } from 'pg';
import { execute, refusal, submit, vote } from '../gateway/harness.ts';
import type { Crew } from './crash-schedule-gateways.ts';

export interface Walk {
  readonly crew: Crew;
  /** Another connection to the target: what really happened there. */
  readonly observer: Client;
  /** Of this walk alone: an account at the target, and the end of every name. */
  readonly id: number;
}

export interface Road {
  readonly title: string;
  readonly points: readonly CrashPoint[];
  walk(walk: Walk): Promise<void>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function balance({ observer, id }: Walk): Promise<number> {
  const { rows } = await observer.query<{ balance: number }>('select balance from accounts where id = $1', [
    id,
  ]);
  return rows[0]?.balance ?? Number.NaN;
}

const plusOne = (id: number): string => `update accounts set balance = balance + 1 where id = ${id}`;

/** Executes until there is an outcome: recovery may still be asking the target. */
const outcomeOf = (crew: Crew, call: CallView) =>
  crew.surviving(async () => {
    for (;;) {
      const answer = await execute(crew.agent(), call);
      if (answer.outcome !== 'in_progress') return answer;
      await pause(50);
    }
  });

async function submitAndDecide(
  crew: Crew,
  agent: Crew['agent'],
  id: number,
  name: string,
): Promise<CallView> {
  const key = { run: `run-${name}-${id}`, call: `call-${name}-${id}` };
  const call = await crew.surviving(() => submit(agent(), plusOne(id), key));
  return crew.surviving(async () => {
    const { state } = await agent().getCall(call.id);
    if (state === 'waiting') await vote(crew.dana(), call);
    return agent().getCall(call.id);
  });
}

/** The types of the events of a call or a parked run, in order; the whole ledger has to verify. */
async function told(crew: Crew, about: string): Promise<readonly string[]> {
  const { lines, publicKey } = await crew.ledger();
  expect(await verifyLedger(lines, { publicKey })).toMatchObject({ verdict: 'consistent' });
  return lines.flatMap((line) => {
    const { event } = JSON.parse(line) as { event?: string };
    if (event === undefined) return [];
    const { call, type, data } = JSON.parse(event) as {
      call: string | null;
      type: string;
      data: { parked?: string };
    };
    return call === about || data.parked === about ? [type] : [];
  });
}

const countIn = (types: readonly string[], type: string): number =>
  types.filter((one) => one === type).length;

async function write(walk: Walk): Promise<void> {
  const { crew, id } = walk;
  const decided = await submitAndDecide(crew, crew.agent, id, 'write');
  const done = await outcomeOf(crew, decided);
  // A gateway that dies once the agent has its answer is missed only by the next question.
  await crew.surviving(() => crew.agent().getCall(decided.id));
  const changed = (await balance(walk)) - 100;
  expect([0, 1]).toContain(changed);
  // What the record says is true of the target: nothing is unknown here, because the target can always be asked.
  expect(done.outcome).toBe(
    changed === 1 ? 'succeeded' : done.call.state === 'failed' ? 'failed' : 'not_executed',
  );
  if (done.outcome === 'failed') expect(['no', 'rolled_back']).toContain(done.error?.ran);

  // Nothing makes it happen again: neither executing, nor submitting the same key, nor a late vote.
  await outcomeOf(crew, decided);
  const key = { run: `run-write-${id}`, call: `call-write-${id}` };
  const again = await crew.surviving(() => submit(crew.agent(), plusOne(id), key));
  expect(again.id).toBe(decided.id);
  if (again.state !== 'waiting') await outcomeOf(crew, again);
  if (decided.approval !== null) expect(await refusal(vote(crew.dana(), decided))).not.toBe('none');
  expect((await balance(walk)) - 100).toBe(changed);

  // The record is whole, and shows the change exactly when there was one.
  const types = await told(crew, decided.id);
  expect(countIn(types, 'call.succeeded')).toBe(changed);
  for (const once of ['call.claimed', 'vote.cast', 'call.approved', 'call.started'])
    expect(countIn(types, once)).toBeLessThanOrEqual(1);
  if (changed === 1) expect(types.indexOf('call.claimed')).toBeLessThan(types.indexOf('call.succeeded'));
}

async function read(walk: Walk): Promise<void> {
  const { crew, id } = walk;
  const key = { run: `run-read-${id}`, call: `call-read-${id}` };
  const call = await crew.surviving(() => submit(crew.agent(), `select ${id} as n`, key));
  expect(await outcomeOf(crew, call)).toMatchObject({ outcome: 'failed', error: { ran: 'no' } });
  // It is not tried again by itself: the agent is told, and asks anew.
  expect(await outcomeOf(crew, call)).toMatchObject({ outcome: 'failed' });
  expect(await told(crew, call.id)).toEqual(['call.allowed', 'call.claimed', 'call.failed']);
}

async function cancel(walk: Walk): Promise<void> {
  const { crew, id } = walk;
  const key = { run: `run-cancel-${id}`, call: `call-cancel-${id}` };
  const call = await crew.surviving(() => submit(crew.agent(), plusOne(id), key));
  const cancelled = await crew.surviving(() => crew.agent().cancelCall(call.id));
  expect(cancelled.state).toBe('cancelled');
  expect(await refusal(vote(crew.dana(), call))).toBe('already_decided');
  expect(await outcomeOf(crew, call)).toMatchObject({ outcome: 'not_executed' });
  expect(await balance(walk)).toBe(100);
  expect(countIn(await told(crew, call.id), 'call.cancelled')).toBe(1);
}

async function stop(walk: Walk): Promise<void> {
  const { crew, id } = walk;
  const name = `stopped-${id}`;
  const agent = await crew.mint({ class: 'agent', name, groups: ['agents'], owner: 'olivia' });
  const key = { run: `run-waits-${id}`, call: `call-waits-${id}` };
  const waiting = await crew.surviving(() => submit(agent(), plusOne(id), key));
  const approved = await submitAndDecide(crew, agent, id, 'approved');
  const scope = { kind: 'principal', principal: `agent:${name}` } as const;
  await crew.surviving(() => crew.operator().createStop({ scope }));
  expect(await refusal(vote(crew.dana(), waiting))).toBe('already_decided');
  expect((await agent().getCall(waiting.id)).state).toBe('cancelled');
  expect(await execute(agent(), approved)).toMatchObject({
    outcome: 'not_executed',
    error: { code: 'stopped' },
  });
  expect(await balance(walk)).toBe(100);
  for (const call of [waiting, approved]) {
    const types = await told(crew, call.id);
    expect(countIn(types, 'call.cancelled')).toBe(1);
    expect(types).not.toContain('call.claimed');
  }
}

async function parkedRun({ crew, id }: Walk): Promise<void> {
  const first = {
    id: newId('park'),
    run: `parked-${id}`,
    schema_version: '1.22',
    fingerprint: 'f'.repeat(64),
    state: Buffer.from('first').toString('base64'),
  };
  const second = { ...first, state: Buffer.from('second').toString('base64') };
  const [one, two, three] = [newId('lease'), newId('lease'), newId('lease')];
  const { agent, surviving } = crew;
  /** Where the first try was heard before its gateway died, the second one finds it done. */
  const once = async (step: () => Promise<unknown>, done: string): Promise<void> => {
    const code = await surviving(() => codeOf(step));
    expect(['none', done]).toContain(code);
  };
  await surviving(() => agent().parkRun(first));
  expect((await surviving(() => agent().unparkRun(first.id, { lease: one }))).state).toBe(first.state);
  await surviving(() => agent().renewRun(first.id, { lease: one }));
  await once(() => agent().releaseRun(first.id, { lease: one }), 'lease_lost');
  await surviving(() => agent().unparkRun(first.id, { lease: two }));
  await surviving(() => agent().parkRun({ ...second, lease: two }));
  expect((await surviving(() => agent().unparkRun(first.id, { lease: three }))).state).toBe(second.state);
  await once(() => agent().finishRun(first.id, { lease: three }), 'not_found');
  expect((await surviving(() => agent().listParkedRuns())).runs).toEqual([]);
  const types = await told(crew, first.id);
  expect(types.filter((type) => type !== 'run.renewed')).toEqual([
    'run.parked',
    'run.unparked',
    'run.released',
    'run.unparked',
    'run.parked',
    'run.unparked',
    'run.finished',
  ]);
  expect(types).toContain('run.renewed');
}

/** The code of a refusal; a gateway that is gone is thrown on. */
async function codeOf(step: () => Promise<unknown>): Promise<string> {
  const code = await refusal(step());
  if (code === 'unreachable') throw Object.assign(new Error('the gateway is gone'), { code });
  return code;
}

const pointsOf = (names: readonly string[]): readonly CrashPoint[] =>
  crashPoints.filter((point) => names.includes(point.slice(0, point.indexOf('.'))));

export const writeRoad: Road = {
  title: 'a write happens once or not at all, and the record says which',
  points: pointsOf([
    'submit',
    'preview',
    'ask',
    'vote',
    'claim',
    'begin',
    'started',
    'commit',
    'settle',
    'fetched',
    'sequence',
    'head',
  ]),
  walk: write,
};

export const recoveryRoad: Road = { ...writeRoad, points: pointsOf(['recover']) };

export const roads: readonly Road[] = [
  writeRoad,
  { title: 'a read runs once, and its agent is told', points: pointsOf(['read']), walk: read },
  { title: 'a call is cancelled once, and runs no more', points: pointsOf(['end']), walk: cancel },
  { title: 'a stop that was answered stops everything', points: pointsOf(['stop']), walk: stop },
  {
    title: 'a parked run is taken by one at a time, and each step is told once',
    points: pointsOf(['park', 'unpark', 'renew', 'release', 'finish']),
    walk: parkedRun,
  },
];
