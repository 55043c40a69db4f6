/** What a webhook is told: ids, codes, names of the policy, and where to look. Never what somebody wrote, never a value. */
import type { Change } from '@countersign/core';
import type { WebhookEvent } from '@countersign/policy';
import { changeEvents, type Happened, readHappened } from '../calls/happened.ts';
import type { ChangeEvent } from '../store/read-changes.ts';
import type { Database } from '../store/store.ts';

const incident = 'incident.[a-z_]+';

/** The types of the events that are told. */
export const toldEvents: readonly string[] = Object.freeze([...changeEvents, incident]);

export interface Message {
  readonly index: number;
  /** The ledger's event. */
  readonly event: string;
  readonly at: string;
  readonly kind: WebhookEvent;
  readonly body: string;
}

interface Told {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly call: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

const kinds: Readonly<Partial<Record<Change['type'], WebhookEvent>>> = Object.freeze({
  asked: 'asked',
  reminded: 'reminded',
  decided: 'decided',
  expired: 'decided',
  cancelled: 'decided',
  stopped: 'stopped',
});

/** @param base The gateway's address, without a slash at its end. */
export async function readMessages(
  db: Database,
  events: readonly ChangeEvent[],
  base: string,
): Promise<readonly Message[]> {
  const happened = new Map((await readHappened(db, events)).map((one) => [one.change.index, one]));
  return events.flatMap(({ index, bytes }): readonly Message[] => {
    const { id: event, at, type, ...told } = JSON.parse(bytes) as Told;
    const message = (kind: WebhookEvent, name: string, data: object): readonly Message[] => [
      { index, event, at, kind, body: JSON.stringify({ type: name, timestamp: at, data }) },
    ];
    if (type.startsWith('incident.')) {
      const { connection } = told.data;
      const data = { code: type.slice('incident.'.length), call: told.call, connection };
      return message('incident', type, data);
    }
    const one = happened.get(index);
    const kind = one === undefined ? undefined : kinds[one.change.type];
    if (one === undefined || kind === undefined) return [];
    if (one.approval === null)
      return message(kind, type, {
        stop: one.change.stop,
        kind: told.data['kind'],
        url: `${base}/console`,
      });
    return message(kind, `approval.${kind}`, approvalData(one, type, base));
  });
}

function approvalData({ change, approval }: Happened, type: string, base: string): object {
  if (approval === null) return {};
  const { id, call_id: call, run_id: run, connection, principal, requirement, vote_by: voteBy } = approval;
  const open = change.type === 'asked' || change.type === 'reminded';
  return {
    approval: id,
    call,
    run,
    connection,
    principal,
    ...(open
      ? {
          approvers: [...new Set(requirement.asks.flatMap(({ approvers }) => approvers))],
          vote_by: voteBy.toISOString(),
        }
      : // `approved`, `rejected`, `denied`, `expired`, `cancelled`
        { decision: type.slice('call.'.length) }),
    url: `${base}/console/approvals/${id}`,
  };
}
