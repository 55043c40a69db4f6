import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { systemRuntime } from '../runtime/runtime.ts';
import { countLook, looksPerMinute } from '../store/looks.ts';
import { openStore, type Store } from '../store/store.ts';
import { createLookLimit } from './look-limit.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ kind: 'memory' });
});
afterAll(() => store.close());

const never = new AbortController().signal;
const at = (instance: string, connection = 'bank') => ({ db: store.db, instance, connection });

test('a principal has a target looked at so often in a minute, whatever others do', async () => {
  const taken = async (name: string) => {
    let count = 0;
    for (let i = 0; i < looksPerMinute + 5; i++) if (await countLook(store.db, name)) count++;
    return count;
  };
  expect(await taken('agent:a')).toBe(looksPerMinute);
  expect(await taken('agent:b')).toBe(looksPerMinute);
  await sql`update looks set since = since - interval '50 seconds'`.execute(store.db);
  expect(await countLook(store.db, 'agent:a')).toBe(false);
  await sql`update looks set since = since - interval '11 seconds'`.execute(store.db);
  expect(await taken('agent:a')).toBe(looksPerMinute);
});

test('looks at one connection come one after the other, at whatever gateway, and those at another beside them', async () => {
  const [one, two] = [createLookLimit(systemRuntime), createLookLimit(systemRuntime)];
  let now = 0;
  let most = 0;
  const look = async () => {
    most = Math.max(most, ++now);
    await systemRuntime.sleep(5, never);
    now--;
  };
  await one.inTurn(at('one', 'other'), never, async () => {
    const looks = Array.from({ length: 5 }, () => [
      one.inTurn(at('one'), never, look),
      two.inTurn(at('two'), never, look),
    ]);
    await Promise.all(looks.flat());
  });
  expect(most).toBe(1);
});

test('a turn that fails is given on, one that is stopped is not taken, and that of a gateway that is gone ends', async () => {
  const limit = createLookLimit(systemRuntime);
  await expect(limit.inTurn(at('one'), never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await sql`insert into look_turns values ('bank', 'gone', clock_timestamp() + interval '1 hour')`.execute(
    store.db,
  );
  const stop = new AbortController();
  const waiting = limit.inTurn(at('one'), stop.signal, async () => 'looked');
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await sql`update look_turns set leased_until = clock_timestamp()`.execute(store.db);
  expect(await limit.inTurn(at('one'), never, async () => 'looked')).toBe('looked');
});
