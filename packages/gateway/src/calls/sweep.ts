/** What happens by itself: clocks that run out, reminders, signs of life, results that are no longer kept. */
import { sql } from 'kysely';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import { beat } from '../store/claim-call.ts';
import { dropExpiredContents } from '../store/contents.ts';
import { dropOldSessions } from '../store/sessions.ts';
import { type Endable, endCancelled, expireIfDue } from './end.ts';
import { recover } from './recover.ts';
import { remindAll } from './remind.ts';
import type { Room } from './room.ts';
import { endStopped } from './stop.ts';

const everyMs = 1000;
const beatEveryMs = 5000;
const cleanEveryMs = 10 * 60_000;

/** Runs until the signal aborts. A pass that fails is logged, and the next one tries again. */
export async function sweep(room: Room, signal: AbortSignal, alone: boolean): Promise<void> {
  let beaten = room.runtime.now();
  let cleaned = beaten;
  // A row that somebody holds, or a target that takes its time to tell what became of a call, keeps neither signs of
  // life nor stops waiting.
  const expiring = beside(room, 'expiring failed', () => expireAll(room));
  const reminding = beside(room, 'reminding failed', () => remindAll(room));
  const recovering = beside(room, 'recovery failed', () => recover(room, { othersAreDead: false }));
  while (!signal.aborted) {
    await room.runtime.sleep(everyMs, signal);
    if (signal.aborted) break;
    expiring.begin();
    reminding.begin();
    try {
      if (!alone) {
        await room.stops.refresh();
        endStopped(room);
      }
      await endCancelled(room);
      if (hasPassed(room.runtime, beaten, beatEveryMs)) {
        beaten = room.runtime.now();
        const held = room.running.held();
        if (held.length > 0) await beat(room.db, room.instance, held);
        recovering.begin();
        room.ledger.wake();
      }
      if (hasPassed(room.runtime, cleaned, cleanEveryMs)) {
        cleaned = room.runtime.now();
        await dropExpiredContents(room.db);
        await dropOldSessions(room.db);
      }
    } catch (thrown) {
      room.log.error({ err: faultForLog(thrown) }, 'the sweep failed');
    }
  }
  await Promise.all([expiring.ended(), reminding.ended(), recovering.ended()]);
}

interface Beside {
  /** Does nothing while it still goes on. */
  begin(): void;
  ended(): Promise<void>;
}

/** Work that goes on beside the sweep, one at a time. Where it fails, the next one tries again. */
function beside(room: Room, failed: string, work: () => Promise<unknown>): Beside {
  let going: Promise<void> | null = null;
  const once = async (): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      room.log.error({ err: faultForLog(thrown) }, failed);
    } finally {
      going = null;
    }
  };
  return {
    begin: () => {
      going ??= once();
    },
    ended: async () => {
      await going;
    },
  };
}

/** The two partial indexes on the clocks make this cost nothing where nothing is due; what is due longest comes first. */
async function expireAll(room: Room): Promise<void> {
  const { rows } = await sql<Endable>`
    select id, run, run_id, vote_by as due from calls where state = 'waiting' and vote_by <= now()
    union all
    select id, run, run_id, start_by from calls where state in ('allowed', 'approved') and start_by <= now()
    order by due, id limit 500`.execute(room.db);
  for (const call of rows) await expireIfDue(room, call);
}
