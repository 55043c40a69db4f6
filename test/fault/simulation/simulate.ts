/**
 * One simulation: a seed gives the story, the order in which everything in it happens, and what goes wrong. The same seed
 * gives the same story to the byte, whatever machine it is told on.
 */
import type { CallId } from '@countersign/core';
import { TargetDouble } from '../target-double.ts';
import { drawn, hour } from './cast.ts';
import { type Gateway, Gateways, storyKeys } from './gateways.ts';
import { judge } from './judge.ts';
import { Network } from './network.ts';
import { randomFrom } from './random.ts';
import { readRecord } from './record.ts';
import { type Process, Scheduler } from './scheduler.ts';
import { Session } from './session.ts';
import { Stage } from './stage.ts';
import { noFaults, prepare, type Rewrite, SharedStore } from './store.ts';
import { tell } from './story.ts';

/** What a simulation that has to fail does wrong. */
export interface Sabotage {
  /** Rewrites the statements that reach the store. */
  readonly sql?: Rewrite;
  /** The target tells recovery that nothing was committed. */
  readonly lies?: boolean;
  /** A gateway answers that it has the new policy, and goes on with the old one. */
  readonly forgetsReloads?: boolean;
}

export interface SimulateOptions {
  readonly sabotage?: Sabotage;
  /** Is told of every step, of the ledger and of what the target has. */
  readonly trace?: (line: string) => void;
}

export interface Simulated {
  /** What was violated; nothing, one hopes. */
  readonly violations: readonly string[];
  /** How often each kind of event was recorded: that something happened at all. */
  readonly told: ReadonlyMap<string, number>;
  /** Steps that were taken. */
  readonly steps: number;
}

const startsAt = Date.UTC(2030, 0, 1);
/** A story of this length has an end long before. */
const mostSteps = 30_000;

/** One store for many simulations: making one takes seconds, emptying it does not. */
export async function openWorld(): Promise<Session> {
  const session = await Session.open();
  await prepare(session);
  return session;
}

export async function simulate(
  session: Session,
  seed: number,
  { sabotage = {}, trace = () => undefined }: SimulateOptions = {},
): Promise<Simulated> {
  const violations: string[] = [];
  const told = new Map<string, number>();
  const random = randomFrom(seed);
  const scheduler = new Scheduler(random, startsAt, trace);
  const violated = (what: string) => {
    scheduler.tell(`VIOLATED: ${what}`);
    violations.push(what);
  };
  session.setTime(scheduler.now);
  session.empty();
  const store = new SharedStore(session, scheduler, random, sabotage.sql ?? ((sql) => sql));
  scheduler.clocks = () =>
    store
      .look(
        `select vote_by as at from calls where state = 'waiting'
         union all select start_by from calls where state in ('allowed', 'approved') order by at`,
      )
      .map(({ at }) => (at as Date).getTime());
  const dispatches = new Map<string, number>();
  const target = new TargetDouble({
    scheduler,
    random,
    ...(sabotage.lies === undefined ? {} : { lies: sabotage.lies }),
    dispatched: (call, writes, by) => {
      dispatches.set(call, (dispatches.get(call) ?? 0) + 1);
      mayReachTarget(call, writes, by);
    },
  });
  const alone = random.chance(0.2);
  const kind = alone ? 'memory' : 'postgres';
  const gateways = new Gateways({ scheduler, random, store, target, keys: storyKeys(), kind, sabotage });
  const network = new Network({ scheduler, random, violated });
  const stage = new Stage(
    { scheduler, random, gateways, network, target, store, violated },
    random.pick(drawn).file,
  );

  /** Intent before dispatch: what reaches the target is claimed, and decided under a policy in force where it runs. */
  const mayReachTarget = (call: CallId, writes: boolean, by: Process) => {
    const [row] = store.look(
      `select state, evidence is not null as kept,
         (select max(bytes) from events e where e.call_id = c.id and e.bytes like '%"type":"call.claimed"%') as claim
       from calls c where id = $1`,
      [call],
    ) as { readonly state: string; readonly kept: boolean; readonly claim: string | null }[];
    if (row === undefined || row.claim === null) return violated(`${call} reached the target unclaimed`);
    if (!writes) return;
    if (row.state !== 'claimed') violated(`${call} reached the target as ${row.state}`);
    if (!row.kept) violated(`${call} reached the target without evidence`);
    const { policy } = (JSON.parse(row.claim) as { readonly data: { readonly policy: string } }).data;
    const arrived = stage.arrivals.get(call)?.filter(({ gateway }) => gateway.process === by) ?? [];
    const since = Math.min(...arrived.map(({ policies: before }) => before - 1));
    const inForce = arrived[0]?.gateway.inForce.slice(since) ?? [];
    if (!inForce.includes(policy))
      violated(`${call} runs under a policy that was replaced before it was asked for`);
  };

  try {
    await scheduler.until(
      Promise.all(Array.from({ length: alone ? 1 : 2 }, () => gateways.start(stage.file))),
      mostSteps,
    );
    breakThings();
    await scheduler.until(
      tell(stage, { acts: 16 + random.below(12), gateways: alone ? 1 : 2 }).then(() => stage.ended()),
      mostSteps,
    );
    mendThings();
    const last = await comesToRest();
    await scheduler.until(last.engine.ledger.settled(), mostSteps);
    gateways.killAll();
    const record = await readRecord(store, storyKeys(), violated);
    for (const { type } of record.events) told.set(type, (told.get(type) ?? 0) + 1);
    judge({ ...record, answers: stage.answers, effects: target.effects, dispatches }, violated);
    for (const line of record.lines) trace(line);
    for (const [call, times] of target.effects) trace(`${call} took effect ${times} times`);
  } catch (thrown) {
    violated(`the story broke off: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
  }
  return { violations, told, steps: scheduler.turns };

  /** Each story has its own bad luck; some have none. */
  function breakThings(): void {
    const some = (most: number) => random.pick([0, most / 4, most]);
    store.faults = { before: some(0.02), after: some(0.02), slow: some(0.4), unheard: some(0.5) };
    network.faults = { lost: some(0.1), twice: some(0.1) };
    target.faults = { broken: some(0.15), forgotten: some(0.2), away: some(0.5) };
  }

  function mendThings(): void {
    target.busy = () => undefined;
    store.goesAway(0);
    store.faults = noFaults;
    network.faults = { lost: 0, twice: 0 };
    target.faults = { broken: 0, forgotten: 0, away: 0 };
  }

  /** Every gateway dies and one comes back, long after. It has to bring everything that was left open to its end. */
  async function comesToRest(): Promise<Gateway> {
    gateways.killAll();
    scheduler.leap(2 * hour);
    let last: Gateway | null = null;
    await scheduler.until(
      gateways.start(stage.file).then((gateway) => {
        last = gateway;
      }),
      mostSteps,
    );
    if (last === null) throw new Error('a gateway did not start though nothing was in its way');
    const open = `select 1 from calls where state in ('submitted', 'waiting', 'allowed', 'approved', 'claimed') limit 1`;
    // A minute is ten times what the sweep and recovery take.
    for (const until = scheduler.now + 60_000; scheduler.now < until && store.look(open).length > 0; )
      await scheduler.turn();
    return last;
  }
}
