/**
 * A double of a target, for simulations: it keeps what took effect, and can be asked afterwards. It speaks no protocol,
 * reads no text (`write X` writes, all else reads) and has no masks. What it does have is the order of a real write:
 * begin, evidence, effect, commit; and what a real server does to the transaction of a client that was ended.
 */
import { CountersignError, type Json, noLineage } from '@countersign/core';
import type { Execution, Protocol, Target } from '../../packages/gateway/src/protocols/protocol.ts';

/** All that an engine needs of a protocol. */
type Connects = Pick<Protocol, 'connect'>;

type Transaction = 'open' | 'committed' | 'aborted';

export interface TargetDouble {
  readonly protocol: Connects;
  /** How often each text took effect. */
  readonly effects: ReadonlyMap<string, number>;
  /** Whether a call is at the target now. */
  busy(): boolean;
  /** A gateway's hold on the target: once it is cut, nothing of that gateway's gets through any more. */
  hold(): { readonly protocol: Connects; cut(): void };
}

/** @param dispatched Called when a call reaches the target; what the store says of it at that moment is looked at there. */
export function targetDouble(
  dispatched: (call: string) => Promise<void>,
  pause: () => Promise<void>,
): TargetDouble {
  const effects = new Map<string, number>();
  const transactions = new Map<string, Transaction>();
  let next = 0;
  let inside = 0;

  const connect = (alive: () => boolean): Target => {
    const orGone = () => {
      if (!alive()) throw new CountersignError('target_unavailable');
    };
    return {
      parse: (input) => input as unknown as Json,
      analyse: async (input) => {
        orGone();
        const text = textOf(input);
        const action = text.startsWith('write') ? 'write.update' : 'read';
        return {
          effects: [{ action, resource: 'table:public.t' }],
          lineage: noLineage,
          fingerprint: text,
          reliedOn: null,
        };
      },
      preview: async (input) => {
        await pause();
        orGone();
        return {
          input: [{ label: 'statement', text: textOf(input) }],
          words: [],
          impact: { count: null, unit: 'rows', how: 'none', why: 'a double' },
          notes: [],
        };
      },
      previewReachesTarget: () => true,
      execute: async (input, _analysis, context): Promise<Execution> => {
        const text = textOf(input);
        const id = `tx-${++next}`;
        const failed = (
          code: 'stopped' | 'target_unavailable' | 'internal',
          ran: 'no' | 'rolled_back',
        ): Execution => ({ outcome: 'failed', code, ran, message: null });
        if (!alive()) return failed('target_unavailable', 'no');
        if (text.startsWith('write')) {
          transactions.set(id, 'open');
          try {
            await context.started({ id });
          } catch {
            transactions.set(id, 'aborted');
            return failed('internal', 'no');
          }
        }
        await dispatched(context.call);
        inside++;
        await pause();
        inside--;
        if (context.signal.aborted || !alive()) {
          if (transactions.get(id) === 'open') transactions.set(id, 'aborted');
          return failed('stopped', 'rolled_back');
        }
        if (text.startsWith('write')) {
          // Ended by recovery meanwhile: the server refuses the commit.
          if (transactions.get(id) !== 'open') return failed('target_unavailable', 'rolled_back');
          transactions.set(id, 'committed');
          effects.set(text, (effects.get(text) ?? 0) + 1);
        }
        await pause();
        return { outcome: 'succeeded', result: { columns: [], rows: [], truncated: false } };
      },
      recover: async (evidence) => {
        orGone();
        const { id } = evidence as { id: string };
        if (transactions.get(id) === 'open') transactions.set(id, 'aborted');
        return transactions.get(id) === 'committed'
          ? { outcome: 'succeeded', ran: null }
          : { outcome: 'failed', ran: 'rolled_back' };
      },
      ping: async () => undefined,
      close: async () => undefined,
    };
  };
  const protocolOf = (alive: () => boolean): Connects => ({ connect: () => connect(alive) });
  return {
    protocol: protocolOf(() => true),
    effects,
    busy: () => inside > 0,
    hold: () => {
      let alive = true;
      return { protocol: protocolOf(() => alive), cut: () => (alive = false) };
    },
  };
}

const textOf = (input: Json): string => (input as { sql: string }).sql;
