/**
 * A one-row SELECT as a guarded call (submit and execute; policy, masks and ledger on) against the same SELECT by `pg`,
 * in one run, at 1 and at 32 callers; and beside them what a guarded call can't do without: two requests to the gateway,
 * and what the store writes of it.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/guarded-select.ts memory|postgres [rounds]
 */
import { type CallId, newId } from '@countersign/core';
import { startPostgres } from '@countersign/testing';
import { Pool } from 'pg';
import { claimCall, isOurs } from '../../packages/gateway/src/store/claim-call.ts';
import type { NewEvent } from '../../packages/gateway/src/store/event-row.ts';
import { insertCall } from '../../packages/gateway/src/store/insert-call.ts';
import { moveCall } from '../../packages/gateway/src/store/move-call.ts';
import { findOrMakeRun } from '../../packages/gateway/src/store/run-keys.ts';
import { openStore, type Store } from '../../packages/gateway/src/store/store.ts';
import { execute, rules, startHarness, submit } from '../gateway/harness.ts';
import { inTurns, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const rounds = Number(process.argv[3] ?? 5);
const statement = 'select id, owner, balance from accounts where id = 7';
const policy = `${rules}
masks:
  - { columns: [public.accounts.email], with: redact }
  - { detect: [email, credit_card, secret], with: redact }
`;

// The store's server is not the target's, as where people run them.
const storeServer = on === 'postgres' ? await startPostgres({ shared: false }) : null;
const harness = await startHarness({ on, policy, storeServer });
const alone = await openStore(
  storeServer === null
    ? { kind: 'memory' }
    : { kind: 'postgres', url: (await storeServer.createDatabase()).url },
);
const pool = new Pool({ connectionString: harness.databaseUrl, max: 32 });
try {
  const agent = await harness.agent();
  const guarded = async () => {
    const done = await execute(agent, await submit(agent, statement, { run: 'load' }));
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
  };
  const direct = () => pool.query(statement);
  const stored = await writesOfOneCall(alone);
  await warmUp(500, guarded);
  await warmUp(200, direct);
  await warmUp(200, stored);
  const requests = async () => {
    await agent.listConnections();
    await agent.listConnections();
  };
  await warmUp(200, requests);
  const what = { direct, guarded, stored, requests };
  for (const callers of [1, 32]) {
    const { direct, guarded, stored, requests } = await inTurns(rounds, callers, what);
    print(
      `${on}, ${callers} callers: guarded ${guarded.perSecond.toFixed(0)}/s, pg ${direct.perSecond.toFixed(0)}/s, ` +
        `ratio ${(guarded.perSecond / direct.perSecond).toFixed(3)}; two requests that do nothing ` +
        `${(requests.perSecond / direct.perSecond).toFixed(3)}, the store's part alone ${(stored.perSecond / direct.perSecond).toFixed(3)}`,
    );
    print(
      `  medians: guarded ${guarded.medianMs.toFixed(2)} ms, pg ${direct.medianMs.toFixed(2)} ms, two requests ` +
        `${requests.medianMs.toFixed(2)} ms, the store's part ${stored.medianMs.toFixed(2)} ms`,
    );
  }
} finally {
  await pool.end();
  await alone.close();
  await harness.close();
  await storeServer?.stop();
}

/** The three statements that a guarded read costs the store, without a gateway around them. */
async function writesOfOneCall({ db }: Store): Promise<() => Promise<void>> {
  const run = { principal: 'agent:load', onBehalfOf: null, run: 'load' };
  const { id: runId } = await findOrMakeRun(db, run, { id: 'run_load', wrappedKey: Buffer.alloc(60) });
  const event = (
    type: string,
    call: CallId,
    contents: number,
  ): NewEvent & { id: ReturnType<typeof newId<'evt'>> } => ({
    id: newId('evt'),
    type,
    actor: run.principal,
    call,
    run: run.run,
    runId,
    data: { connection: 'bank', protocol: 'postgres', code: 'allowed', inputDigest: 'f'.repeat(64) },
    contents: Array.from({ length: contents }, () => ({
      name: 'record',
      commitment: 'e'.repeat(64),
      box: Buffer.alloc(800, 7),
      keepMs: null,
    })),
  });
  return async () => {
    const id = newId('call');
    const digest = 'f'.repeat(64);
    await insertCall(
      db,
      {
        id,
        principal: run.principal,
        onBehalfOf: null,
        owner: 'olivia',
        run: run.run,
        runId,
        tool: 'bank_query',
        call: id,
        connection: 'bank',
        protocol: 'postgres',
        inputDigest: digest as never,
        inputKey: digest,
        effectKey: digest,
        writes: false,
        state: 'allowed',
        code: 'allowed',
        startWithinMs: 600_000,
        instance: 'gw_load',
      },
      event('call.allowed', id, 1),
    );
    const claim = { call: id, instance: 'gw_load', epoch: 1 };
    if (!(await claimCall(db, claim, { from: ['allowed'], to: 'claimed' }, event('call.claimed', id, 0))))
      throw new Error('not claimed');
    const settled = { call: id, from: ['claimed'] as const, to: 'succeeded' as const, code: 'succeeded' };
    if (!(await moveCall(db, { ...settled, and: isOurs(claim), event: event('call.succeeded', id, 1) })))
      throw new Error('not settled');
  };
}
