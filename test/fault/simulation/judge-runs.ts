/** Parked runs: one has it at a time, and only whose lease it is gives it back. */
import type { LedgerEvent } from '@countersign/core';
import { minute } from './cast.ts';
import { textIn } from './record.ts';

const leaseMs = 15 * minute;

interface Held {
  readonly lease: string;
  readonly until: number;
}

export function judgeParkedRuns(events: readonly LedgerEvent[], violated: (what: string) => void): void {
  const held = new Map<string, Held | null>();
  for (const event of events) {
    const { type, at } = event;
    if (!type.startsWith('run.')) continue;
    const id = textIn(event, 'parked');
    const [before, now] = [held.get(id), Date.parse(at)];
    const lease = textIn(event, 'lease');
    if (before === undefined && type !== 'run.parked') violated(`${id} has a ${type} and was never parked`);
    switch (type) {
      case 'run.unparked':
        if (before != null && before.lease !== lease && now < before.until)
          violated(`${id} was taken while another had it`);
        held.set(id, { lease, until: now + leaseMs });
        break;
      case 'run.renewed':
        if (before?.lease !== lease) violated(`${id} was renewed by who does not have it`);
        held.set(id, { lease, until: now + leaseMs });
        break;
      case 'run.released':
        if (before?.lease !== lease) violated(`${id} was released by who does not have it`);
        held.set(id, null);
        break;
      case 'run.parked':
        held.set(id, null);
        break;
      case 'run.finished':
        held.delete(id);
    }
  }
}
