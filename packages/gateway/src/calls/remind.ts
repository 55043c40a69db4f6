/** Reminds the people who were asked, once, before their clock runs out: those who follow and the webhooks are told. */
import { dueReminders, markReminded } from '../store/remind.ts';
import type { Room } from './room.ts';

/** Reminders of one pass. */
const most = 500;

export async function remindAll(room: Room): Promise<void> {
  for (const { id, run, run_id: runId } of await dueReminders(room.db, most)) {
    const event = await room.ledger.event({
      type: 'approval.reminded',
      actor: 'gateway',
      call: id,
      run: { id: runId, name: run },
    });
    if (await markReminded(room.db, id, event)) room.ledger.wake();
  }
}
