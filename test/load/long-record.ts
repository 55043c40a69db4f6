/**
 * A guarded read on a store that has recorded a hundred thousand calls, against one that has recorded none. The past is
 * written by SQL, as a gateway would have left it; the gateway itself gives it its places in the ledger.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/long-record.ts memory|postgres [calls]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@countersign/client';
import { startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import { sql } from 'kysely';
import { openStore } from '../../packages/gateway/src/store/store.ts';
import { execute, rules, seed, submit } from '../gateway/harness.ts';
import { inTurns, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const past = Number(process.argv[3] ?? 100_000);
const server = await startPostgres();
const target = await server.createDatabase({ seed });

const start = async (calls: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-load-'));
  const store = on === 'postgres' ? (await server.createDatabase()).url : null;
  const opened = await openStore(
    store === null ? { kind: 'embedded', folder } : { kind: 'postgres', url: store },
  );
  await recall(opened.db, calls);
  await opened.close();
  const serverKeys = store === null ? `{ data: ${folder} }` : `{ data: ${folder}, store: "\${STORE_URL}" }`;
  const file = parsePolicyFile(`${rules}\nserver: ${serverKeys}\n`, {
    file: 'countersign.yaml',
    env: { BANK_URL: target.url, STORE_URL: store ?? undefined },
    directory: folder,
  });
  const gateway = await startGateway({ file, listen: { host: '127.0.0.1', port: 0 }, logLevel: 'silent' });
  await gateway.engine.ledger.settled();
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const { token } = await operator.mintToken({
    class: 'agent',
    name: 'reader',
    groups: ['agents'],
    owner: 'olivia',
  });
  const agent = createClient({ url: gateway.url, token });
  return {
    read: async () => {
      const done = await execute(
        agent,
        await submit(agent, 'select id from accounts where id = 7', { run: 'load' }),
      );
      if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
    },
    close: async () => {
      await gateway.close();
      rmSync(folder, { recursive: true });
    },
  };
};

/** What so many calls of the past left: three events and two contents each, in runs of a hundred. */
async function recall(db: Awaited<ReturnType<typeof openStore>>['db'], calls: number): Promise<void> {
  for (let from = 0; from < calls; from += 10_000) {
    const to = Math.min(from + 10_000, calls) - 1;
    const n = sql`generate_series(${from}::int, ${to}::int) as n`;
    const run = sql`'run_' || lpad((n / 100)::text, 32, '0')`;
    const call = sql`'call_' || lpad(n::text, 22, '0')`;
    await sql`insert into runs (id, principal, run, wrapped_key)
      select distinct ${run}, 'agent:past', 'past ' || n / 100, decode(repeat('07', 60), 'hex') from ${n}`.execute(
      db,
    );
    await sql`insert into calls (id, principal, owner, run, run_id, tool, call, connection, protocol, input_digest,
        input_key, effect_key, writes, state, code, record_event, start_within_ms, epoch, finished_at, fetched_at)
      select ${call}, 'agent:past', 'olivia', 'past ' || n / 100, ${run}, 'bank_query', 'call ' || n, 'bank', 'postgres',
        md5(n::text) || md5(n::text), md5(n::text), md5(n::text), false, 'succeeded', 'succeeded', 'evt_1_' || n, 600000, 1,
        clock_timestamp(), clock_timestamp() from ${n}`.execute(db);
    await sql`insert into events (id, bytes, run_id, call_id)
      select 'evt_' || step || '_' || n, '{"v":1,"id":"evt_' || step || '_' || n || '","data":"' || repeat('x', 600) || '"}',
        ${run}, ${call} from ${n}, generate_series(1, 3) as step order by n, step`.execute(db);
    await sql`insert into contents (event_id, name, run_id, box)
      select 'evt_' || step || '_' || n, 'record', ${run}, decode(repeat('07', 800), 'hex')
      from ${n}, generate_series(1, 2) as step`.execute(db);
    process.stderr.write(`\rcalls of the past: ${to + 1} of ${calls}`);
  }
  if (calls > 0) process.stderr.write('\n');
  await sql`analyze`.execute(db);
}

const [empty, full] = [await start(0), await start(past)];
try {
  await warmUp(200, empty.read);
  await warmUp(200, full.read);
  const { one, other } = await inTurns(9, 1, { one: empty.read, other: full.read });
  print(
    `${on}: a read beside ${past} recorded calls takes ${(other.medianMs / one.medianMs).toFixed(2)} times as long ` +
      `as beside none (${one.medianMs.toFixed(2)} ms, ${other.medianMs.toFixed(2)} ms)`,
  );
} finally {
  await empty.close();
  await full.close();
  await server.stop();
}
