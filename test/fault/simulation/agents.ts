/** What agents do: submit a call, wait for people, execute it, come back for what was lost; park a run and take it up. */
import type { CallView, LeaseId, ParkedRunId, Principal } from '@countersign/core';
import { agents, minute } from './cast.ts';
import { votes } from './people.ts';
import { idFrom } from './random.ts';
import type { Stage } from './stage.ts';

/** One call from its submission to whatever becomes of it. There are few keys and texts, so that calls meet. */
export async function makesCall(stage: Stage): Promise<void> {
  const { random } = stage.parts;
  const agent = random.chance(0.8) ? (agents[0] as Principal) : (agents[1] as Principal);
  const key = random.below(10);
  const text = `${random.chance(0.85) ? 'write' : 'read'} ${random.chance(0.95) ? key : random.below(10)}`;
  const request = {
    connection: random.chance(0.8) ? 'target' : 'other',
    input: { sql: text },
    run: `run-${random.below(2)}`,
    tool: 't',
    call: `call-${key}`,
  };
  const view = await stage.ask(`submit ${text}`, ({ engine }) =>
    engine.calls.submit(agent, request, new AbortController().signal),
  );
  if (view === null) return;
  stage.told(view);
  stage.calls.push(view);
  // People are told of what waits for them, and come when they come.
  if (view.state === 'waiting')
    for (let told = random.below(4); told > 0; told--) stage.begin(() => votes(stage));
  await seesThrough(stage, agent, view);
}

async function seesThrough(stage: Stage, agent: Principal, submitted: CallView): Promise<void> {
  const { random } = stage.parts;
  let view = submitted;
  const { id } = view;
  for (let polls = 1 + random.below(4); polls > 0 && isUndecided(view); polls--) {
    const waitMs = random.pick([0, 1500, 5000, 5000]);
    const seen = await stage.ask(`get, ${waitMs} ms`, ({ engine }) =>
      engine.calls.get(agent, id, waitMs, new AbortController().signal),
    );
    if (seen !== null) stage.told(seen);
    view = seen ?? view;
  }
  if (random.chance(0.06)) await cancels(stage, agent, id);
  // Who executes what waits gives up on it; most know better.
  if (isUndecided(view) && random.chance(0.9)) return;
  await Promise.all(Array.from({ length: random.chance(0.25) ? 3 : 1 }, () => executes(stage, agent, view)));
}

export async function executes(
  stage: Stage,
  agent: Principal,
  { id, input_digest }: CallView,
): Promise<void> {
  const { random } = stage.parts;
  const done = await stage.ask(`execute ${id}`, (gateway) => {
    const arrived = stage.arrivals.get(id) ?? [];
    stage.arrivals.set(id, [...arrived, { gateway, policies: gateway.inForce.length }]);
    return gateway.engine.calls.execute(agent, id, input_digest, new AbortController().signal);
  });
  if (done === null) return;
  stage.told(done.view.call);
  if (done.view.outcome === 'succeeded' && done.writes && random.chance(0.7))
    await stage.ask(`fetched ${id}`, ({ engine }) => engine.calls.fetched(id));
}

/** Comes back to a call that somebody knows of: most likely the agent that made it, perhaps another. */
export async function comesBack(stage: Stage): Promise<void> {
  const { random } = stage.parts;
  if (stage.calls.length === 0) return;
  const view = random.pick(stage.calls);
  const agent = random.pick(agents);
  const seen = await stage.ask(`get ${view.id}`, ({ engine }) =>
    engine.calls.get(agent, view.id, 0, new AbortController().signal),
  );
  if (seen === null) return;
  stage.told(seen);
  if (seen.state !== 'waiting' || random.chance(0.1)) await executes(stage, agent, seen);
}

async function cancels(stage: Stage, agent: Principal, id: CallView['id']): Promise<void> {
  const seen = await stage.ask(`cancel ${id}`, ({ engine }) => engine.calls.cancel(agent, id));
  if (seen !== null) stage.told(seen);
}

const isUndecided = ({ state }: CallView) => state === 'submitted' || state === 'waiting';

/** Parks a run; two processes go after it. */
export async function parksRun(stage: Stage): Promise<void> {
  const { random } = stage.parts;
  const agent = agents[0] as Principal;
  const id = idFrom(random, 'park') as ParkedRunId;
  const header = { id, run: `run-${random.below(2)}`, schema_version: '1.22', fingerprint: 'f' };
  const state = Buffer.from(`state of ${id}`).toString('base64');
  await stage.ask('park', ({ runs }) => runs.park(agent, { ...header, state }));
  const takesUp = async () => {
    const lease = idFrom(random, 'lease') as LeaseId;
    for (let turns = 1 + random.below(3); turns > 0; turns--) {
      await stage.ask('unpark', ({ runs }) => runs.unpark(agent, id, lease));
      await stage.sleep(random.pick([0, 300, 16 * minute]));
      const end = random.below(4);
      if (end === 0) await stage.ask('renew', ({ runs }) => runs.renew(agent, id, lease));
      else if (end === 1) await stage.ask('release', ({ runs }) => runs.release(agent, id, lease));
      else if (end === 2)
        await stage.ask('park again', ({ runs }) => runs.park(agent, { ...header, state, lease }));
      else if (random.chance(0.3)) await stage.ask('finish', ({ runs }) => runs.finish(agent, id, { lease }));
    }
  };
  await Promise.all([takesUp(), takesUp()]);
}
