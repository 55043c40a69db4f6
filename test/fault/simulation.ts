/**
 * A seeded simulation of the machine: gateways on one store, agents, people and an operator at random, in random
 * interleavings, with crashes between any two steps. The store is a real one; the target is a double; time is moved by
 * moving what the store has written down of it. The store and the event loop take the time they take: a seed repeats the
 * choices, but not the interleaving, so a seed that failed once may pass when it is run again.
 *
 * `node --conditions=@countersign/source test/fault/simulation.ts FIRST_SEED HOW_MANY` runs many.
 */

import { type CallView, CountersignError, type Principal } from '@countersign/core';
import { type Engine, systemRuntime, verifyLedger } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { assembleEngine } from '../../packages/gateway/src/engine.ts';
import { memoryKeys } from '../../packages/gateway/src/ledger/keys.ts';
import { migrate } from '../../packages/gateway/src/store/migrate.ts';
import type { Store } from '../../packages/gateway/src/store/store.ts';
import { targetDouble } from './target-double.ts';

const policy = (writes: string) => `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba], accounts: ["local:sam"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
connections:
  target: { protocol: postgres, url: "\${URL}" }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: writes, actions: [write], then: ${writes} }
limits: { waiting_per_principal: 100, waiting_per_group: 100 }
`;
const policies = [
  policy('{ ask: { approvers: [dba], votes: 1, vote_within: 1h, start_within: 10m } }'),
  policy('{ ask: { approvers: [dba], votes: 2, vote_within: 1h, start_within: 10m } }'),
  policy('allow'),
  policy('deny'),
].map((text) =>
  parsePolicyFile(text, {
    file: 'countersign.yaml',
    env: { URL: 'postgres://nowhere.invalid/x' },
    directory: '/nonexistent',
  }),
);

/** A small generator of good enough randomness (mulberry32), so that a seed tells which steps are taken. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const agent: Principal = {
  class: 'agent',
  id: 'agent:a',
  name: 'a',
  groups: [],
  account: null,
  owner: 'olivia',
  onBehalfOf: null,
};
const operator: Principal = {
  class: 'operator',
  id: 'operator:o',
  name: 'o',
  groups: [],
  account: null,
  owner: null,
  onBehalfOf: null,
};
const person = (name: string): Principal => ({
  class: 'person',
  id: `person:${name}`,
  name,
  groups: [],
  account: `local:${name}`,
  owner: null,
  onBehalfOf: null,
});

/** Nothing here waits for the clock of the machine for longer than a moment. */
const runtime = {
  ...systemRuntime,
  sleep: (ms: number, signal?: AbortSignal) => systemRuntime.sleep(Math.min(ms, 20), signal),
};

/** One store for many simulations: making one takes seconds, emptying it does not. */
export async function openWorld(): Promise<PGlite> {
  const pglite = await PGlite.create();
  await migrate(new Kysely({ dialect: new PGliteDialect({ pglite }) }));
  return pglite;
}

interface Living {
  readonly engine: Engine;
  /** As `kill -9`: from now on nothing of this gateway reaches the store or the target. */
  kill(): void;
}

export interface Simulated {
  /** What was violated; nothing, one hopes. */
  readonly violations: readonly string[];
  /** How often each kind of event was recorded: that something happened at all. */
  readonly told: ReadonlyMap<string, number>;
}

/** Runs one simulation; the same seed begins the same story. */
export async function simulate(pglite: PGlite, seed: number, steps = 80): Promise<Simulated> {
  const violations: string[] = [];
  const violated = (what: string) => violations.push(what);
  const random = randomFrom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const pause = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`.execute(
    db,
  );
  await sql`truncate ${sql.join(tables.rows.map(({ name }) => sql.table(name)))} restart identity`.execute(
    db,
  );
  const keys = memoryKeys();
  const dispatches = new Map<string, number>();
  const target = targetDouble(
    async (call) => {
      dispatches.set(call, (dispatches.get(call) ?? 0) + 1);
      const { rows } = await sql<{ state: string }>`select state from calls where id = ${call}`.execute(db);
      if (rows[0]?.state !== 'claimed') violated(`${call} reached the target as ${rows[0]?.state}`);
    },
    // Long enough at the target for the rest of the story to happen meanwhile.
    () => systemRuntime.sleep(random() < 0.4 ? 100 : 5),
  );

  const closings: Promise<unknown>[] = [];
  const start = async (): Promise<Living> => {
    let alive = true;
    const dead = () => new CountersignError('unavailable', { what: 'this gateway was killed' });
    const gate = async <T>(work: () => Promise<T>): Promise<T> => {
      await pause();
      if (!alive) throw dead();
      const result = await work();
      if (!alive) throw dead();
      return result;
    };
    const gated = {
      get closed() {
        return false;
      },
      ready: true,
      waitReady: Promise.resolve(),
      close: async () => undefined,
      query: (text: string, values?: unknown[], options?: object) =>
        gate(() => pglite.query(text, values as never, options)),
      // A gateway that dies in a transaction leaves the store to roll it back.
      transaction: (work: (tx: unknown) => Promise<unknown>) =>
        pglite.transaction((tx) =>
          work({
            query: (text: string, values?: unknown[], options?: object) =>
              gate(() => tx.query(text, values as never, options)),
            rollback: () => tx.rollback(),
          }),
        ),
    };
    const store: Store = {
      db: new Kysely({ dialect: new PGliteDialect({ pglite: gated as never }) }),
      kind: 'postgres',
      listen: async () => undefined,
      close: async () => undefined,
    };
    const hold = target.hold();
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const engine = await assembleEngine({
      store,
      keys,
      file: policies[0] as (typeof policies)[0],
      log,
      runtime,
      protocols: new Map([['postgres', hold.protocol]]),
    });
    return {
      engine,
      kill: () => {
        alive = false;
        hold.cut();
        closings.push(engine.close().catch(() => undefined));
      },
    };
  };

  let living = [await start(), await start()];
  const known: CallView[] = [];
  const running: Promise<unknown>[] = [];
  const stops: string[] = [];
  const signal = () => AbortSignal.timeout(30_000);
  /** Steps are begun and not waited for: they overlap as they will. Refusals are part of the story. */
  const begin = (step: () => Promise<unknown>) =>
    running.push(
      step().catch((thrown: unknown) => {
        if (!(thrown instanceof CountersignError)) violated(`a step failed with ${String(thrown)}`);
      }),
    );

  for (let at = 0; at < steps; at++) {
    const { calls } = pick(living).engine;
    const call = known.length > 0 ? pick(known) : null;
    // The worst moment for a stop or a kill is while a call is at the target, so it is not left to luck.
    const dice = target.busy() && random() < 0.3 ? pick([0.86, 0.99]) : random();
    if (dice < 0.3 || call === null) {
      const n = Math.floor(random() * 40);
      const text = random() < 0.8 ? `write ${n}` : `read ${n}`;
      begin(async () =>
        known.push(
          await calls.submit(
            agent,
            {
              connection: 'target',
              input: { sql: text },
              run: `run-${n % 3}`,
              tool: 't',
              call: `call-${text}`,
            },
            signal(),
          ),
        ),
      );
    } else if (dice < 0.54) {
      const vote = random() < 0.85 ? 'approve' : 'reject';
      const who = person(pick(['dana', 'sam', 'olivia']));
      begin(async () => {
        const { approval } = call;
        if (approval === null) return;
        const shown = await calls.approval(who, approval);
        await calls.vote(who, approval, { vote, digest: shown.digest });
      });
    } else if (dice < 0.84) {
      // Who executes what waits gives up on it; most know better.
      const patient = random() < 0.9;
      for (let times = random() < 0.3 ? 3 : 1; times > 0; times--)
        begin(async () => {
          if (patient && (await calls.get(agent, call.id, 0, signal())).state === 'waiting') return;
          await calls.execute(agent, call.id, call.input_digest, signal());
        });
    } else if (dice < 0.855) begin(() => calls.cancel(agent, call.id));
    else if (dice < 0.87)
      begin(async () => stops.push((await calls.stop(operator, { scope: { kind: 'all' } })).stop.id));
    else if (dice < 0.92) {
      const stop = stops.pop();
      if (stop !== undefined) begin(() => calls.lift(operator, stop as never));
    } else if (dice < 0.945) {
      const next = pick(policies);
      for (const { engine } of living) begin(() => engine.policy.load(next, operator.id));
    } else if (dice < 0.97) {
      const column = sql.raw(pick(['vote_by', 'start_by', 'heartbeat_at']));
      begin(() =>
        sql`update calls set ${column} = ${column} - interval '2 hours' where state in ('waiting', 'allowed', 'approved', 'claimed')`.execute(
          db,
        ),
      );
    } else {
      const victim = pick(living);
      victim.kill();
      living = [...living.filter((one) => one !== victim), await start()];
    }
    // Now and then everything comes to rest, so that stories get past their beginning.
    if (random() < 0.25) await Promise.all(running);
    else await systemRuntime.sleep(random() * 15);
  }

  // All gateways die; one comes back, with every claim of the dead known to be left behind.
  await Promise.all(running);
  for (const one of living) one.kill();
  const longAgo = sql`clock_timestamp() - interval '1 hour'`;
  await sql`update calls set heartbeat_at = ${longAgo} where state in ('claimed', 'submitted')`.execute(db);
  const last = await start();
  // The targets are asked in the background: give recovery the time it takes.
  for (let looks = 0; looks < 500; looks++) {
    const open = await sql`select 1 from calls where state in ('claimed', 'submitted')`.execute(db);
    if (open.rows.length === 0) break;
    await systemRuntime.sleep(20);
  }
  const { rows } = await sql<{
    id: string;
    state: string;
    writes: boolean;
  }>`select id, state, writes from calls`.execute(db);
  const head = await last.engine.ledger.settled();
  const lines: string[] = [];
  for await (const line of last.engine.ledger.export(-1, 100_000)) lines.push(line);
  const verification = await verifyLedger(lines, { publicKey: keys.publicKeyPem });
  if (verification.verdict !== 'consistent') violated(`the ledger: ${verification.reason}`);
  if (head === null) violated('nothing was recorded');
  const told = judge(lines, rows, dispatches, target.effects, violated);
  last.kill();
  await Promise.all(closings);
  return { violations, told };
}

interface Told {
  readonly type: string;
  readonly call: string | null;
  readonly data: { readonly vote?: string; readonly inputDigest?: string; readonly sdkCall?: string };
}

/** Holds the record against what the target has. */
function judge(
  lines: readonly string[],
  rows: readonly { readonly id: string; readonly state: string; readonly writes: boolean }[],
  dispatches: ReadonlyMap<string, number>,
  effects: ReadonlyMap<string, number>,
  violated: (what: string) => void,
): ReadonlyMap<string, number> {
  const events = lines.flatMap((line) => {
    const { event } = JSON.parse(line) as { event?: string };
    return event === undefined ? [] : [JSON.parse(event) as Told];
  });
  const told = new Map<string, number>();
  let stopped = 0;
  const seen = new Map<string, string[]>();
  const textOf = new Map<string, string>();
  for (const { type, call, data } of events) {
    told.set(type, (told.get(type) ?? 0) + 1);
    if (type === 'stop.made') stopped++;
    if (type === 'stop.lifted') stopped--;
    if (call === null) continue;
    if (data.sdkCall !== undefined) textOf.set(call, data.sdkCall.slice('call-'.length));
    const before = seen.get(call) ?? [];
    if (type === 'call.claimed') {
      if (stopped > 0) violated(`${call} was claimed during a stop`);
      if (!before.includes('call.allowed') && !before.includes('call.approved'))
        violated(`${call} was claimed undecided`);
      for (const end of ['call.claimed', 'call.rejected', 'call.denied', 'call.expired', 'call.cancelled'])
        if (before.includes(end)) violated(`${call} was claimed after ${end}`);
    }
    seen.set(call, [...before, type]);
  }
  for (const [call, times] of dispatches)
    if (times > 1) violated(`${call} reached the target ${times} times`);
  for (const { id, state, writes } of rows) {
    const types = seen.get(id) ?? [];
    if (state === 'claimed' || state === 'submitted') violated(`${id} was left ${state}`);
    if (dispatches.has(id) && !types.includes('call.claimed'))
      violated(`${id} ran without a claim in the record`);
    if (!writes) continue;
    const happened = effects.get(textOf.get(id) ?? '') ?? 0;
    if (happened > 1) violated(`${id} took effect ${happened} times`);
    if (happened === 1 && state !== 'succeeded') violated(`${id} took effect and is ${state}`);
    if (happened === 0 && state === 'succeeded') violated(`${id} succeeded without an effect`);
  }
  return told;
}

if (process.argv[1]?.endsWith('simulation.ts') === true) {
  const [first = 1, many = 1000] = process.argv.slice(2).map(Number);
  const world = await openWorld();
  for (let seed = first; seed < first + many; seed++) {
    const { violations } = await simulate(world, seed);
    for (const what of violations) process.stdout.write(`seed ${seed}: ${what}\n`);
    if ((seed - first) % 100 === 99) process.stderr.write(`${seed - first + 1} done\n`);
  }
  await world.close();
}
