/** A story: what agents, people and an operator do, and what goes wrong meanwhile, in the order the seed gives it. */
import type { StopScope } from '@countersign/core';
import { comesBack, makesCall, parksRun } from './agents.ts';
import { drawn, hour, minute, operator } from './cast.ts';
import type { Gateways } from './gateways.ts';
import { votes } from './people.ts';
import type { Random } from './random.ts';
import { type Process, processNamed } from './scheduler.ts';
import type { Stage } from './stage.ts';

/** What happens; where it happens to a gateway, to that one, or to any. */
type Act = (stage: Stage, process?: Process) => void;

/** How often each act comes, in proportion. */
const acts: readonly (readonly [number, Act])[] = [
  [30, (stage) => stage.begin(() => makesCall(stage))],
  [25, (stage) => stage.begin(() => votes(stage))],
  [25, (stage) => stage.begin(() => comesBack(stage))],
  [2, (stage) => stage.begin(() => stops(stage))],
  [8, (stage) => stage.begin(() => lifts(stage))],
  [6, reloads],
  [3, (stage) => stage.begin(() => parksRun(stage))],
  [4, (stage) => stage.begin(() => settlesByHand(stage))],
  [8, crashes],
  [2, shutsDown],
  [2, hangs],
  [2, storeGoesAway],
  [3, timePasses],
];
const total = acts.reduce((sum, [weight]) => sum + weight, 0);

/** At least this many gateways take requests or are about to. */
export interface StoryOptions {
  readonly acts: number;
  readonly gateways: number;
}

export async function tell(stage: Stage, options: StoryOptions): Promise<void> {
  const { gateways, random, scheduler, target } = stage.parts;
  const teller = processNamed('story');
  // The worst moment for a stop or a crash is while a call is at the target, so it is not left to luck.
  target.busy = (process) => {
    const trouble = random.pick([null, null, null, null, stopNow, crashes, crashes, hangs, hangs]);
    if (trouble !== null)
      void scheduler.park(teller, {
        label: `${trouble.name} at ${process.name}`,
        work: () => trouble(stage, process),
      });
  };
  for (let first = 0; first < 3; first++) stage.begin(() => makesCall(stage));
  for (let told = 0; told < options.acts; told++) {
    await scheduler.park(teller, { label: 'goes on', work: () => undefined });
    draw(random.below(total))(stage);
    while (gateways.count < options.gateways) stage.begin(() => startsOne(stage));
    // Now and then there is time for a story to get past its beginning.
    if (random.chance(0.4)) await scheduler.sleep(teller, random.pick([5, 60, 60, 700]));
  }
}

function draw(at: number): Act {
  let left = at;
  for (const [weight, act] of acts) {
    left -= weight;
    if (left < 0) return act;
  }
  throw new TypeError('the acts have another weight than they have');
}

async function startsOne(stage: Stage): Promise<void> {
  await stage.parts.gateways.start(stage.file);
}

const scopes: readonly StopScope[] = [
  { kind: 'all' },
  { kind: 'principal', principal: 'agent:a' },
  { kind: 'connection', connection: 'target' },
];

function stopNow(stage: Stage): void {
  stage.begin(() => stops(stage));
}

async function stops(stage: Stage): Promise<void> {
  const scope = stage.parts.random.pick(scopes);
  const done = await stage.ask(`stop ${scope.kind}`, ({ engine }) => engine.calls.stop(operator, { scope }));
  if (done !== null) stage.answers.push({ kind: 'stop', stop: done.stop.id });
}

/** Lifts all that is in force: a story in which everything stays stopped is a dull one. */
async function lifts(stage: Stage): Promise<void> {
  const found = await stage.ask('stops', ({ engine }) => engine.calls.stops());
  for (const { id, lifted_at } of found ?? [])
    if (lifted_at === null) await stage.ask(`lift ${id}`, ({ engine }) => engine.calls.lift(operator, id));
}

function reloads(stage: Stage): void {
  const { gateways, network, random } = stage.parts;
  const { file } = random.pick(drawn);
  stage.file = file;
  for (const gateway of gateways.living)
    if (random.chance(0.8))
      stage.begin(() =>
        network
          .ask(gateway, 'reload', () => gateways.reload(gateway, file, operator.id))
          .catch(() => undefined),
      );
}

async function settlesByHand(stage: Stage): Promise<void> {
  if (stage.calls.length === 0) return;
  const { id } = stage.parts.random.pick(stage.calls);
  await stage.ask(`settle ${id}`, ({ engine }) => engine.calls.settle(operator, id, 'looked'));
}

function crashes({ parts: { gateways, random } }: Stage, process?: Process): void {
  const victim = process ?? anyOf(gateways, random);
  if (victim !== null) gateways.kill(victim);
}

const anyOf = ({ living }: Gateways, random: Random): Process | null =>
  living.length === 0 ? null : random.pick(living).process;

function shutsDown(stage: Stage): void {
  const { gateways, random } = stage.parts;
  if (gateways.living.length === 0) return;
  const gateway = random.pick(gateways.living);
  stage.begin(() => gateways.shutDown(gateway));
}

/** A gateway hangs for long enough to be taken for dead, and then goes on as if nothing had been. */
function hangs({ parts }: Stage, process?: Process): void {
  const { gateways, random, scheduler, target } = parts;
  const victim = process ?? anyOf(gateways, random);
  if (victim === null) return;
  victim.hangsUntil = scheduler.now + random.pick([31_000, 40_000, 60_000]);
  scheduler.tell(`${victim.name} hangs`);
  // Who takes its calls over can't find out yet what became of them.
  if (random.chance(0.4)) target.goesAway(random.pick([40_000, 70_000]));
  scheduler.leap(30_000);
}

function storeGoesAway({ parts: { random, store } }: Stage): void {
  store.goesAway(random.pick([1, 500, 8000, 40_000]));
}

function timePasses({ parts: { random, scheduler } }: Stage): void {
  if (random.chance(0.3) || !scheduler.leapToClock()) scheduler.leap(random.pick([5000, 9 * minute, hour]));
}
