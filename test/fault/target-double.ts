/**
 * A double of a target, for simulations: it keeps what took effect, and can be asked afterwards. It speaks no protocol,
 * reads no text (`write X` writes, all else reads) and has no masks. What it does have is the order of a real write:
 * begin, evidence, effect, commit; what a real server does to the transaction of a client that was ended; connections
 * that break before and after COMMIT arrived; and a bad memory, now and then, for what became of a transaction.
 */
import {
  type CallId,
  CountersignError,
  type ErrorCode,
  type Json,
  noLineage,
  type Ran,
} from '@countersign/core';
import type {
  ExecuteContext,
  Execution,
  Protocol,
  Recovered,
  Target,
} from '../../packages/gateway/src/protocols/protocol.ts';
import type { Random } from './simulation/random.ts';
import { type Process, processNamed, type Scheduler } from './simulation/scheduler.ts';

/** All that an engine needs of a protocol. */
type Connects = Pick<Protocol, 'connect'>;

interface Transaction {
  state: 'open' | 'committed' | 'aborted';
  /** Whether the server can still tell what became of it. */
  readonly told: boolean;
}

const isOver = ({ state }: Transaction): boolean => state !== 'open';

/** How often something goes wrong at the target. */
export interface TargetFaults {
  /** A connection breaks. */
  readonly broken: number;
  /** It can't say any more what became of a transaction. */
  readonly forgotten: number;
  /** It can't be reached to be asked. */
  readonly away: number;
}

export interface TargetParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Called as a call's statement reaches the target. */
  readonly dispatched: (call: CallId, writes: boolean, by: Process) => void;
  /** For a simulation that should fail: what recovery is told instead of the truth. */
  readonly lies?: boolean;
}

export class TargetDouble {
  readonly #parts: TargetParts;
  /** The wire and the server: what was sent arrives, whatever becomes of who sent it. */
  readonly #server = processNamed('target');
  readonly #transactions: Transaction[] = [];
  readonly #effects = new Map<CallId, number>();
  #awayUntil = 0;
  /** Told that a gateway has a call here, before anything of it has happened. */
  busy: (gateway: Process) => void = () => undefined;
  faults: TargetFaults = { broken: 0, forgotten: 0, away: 0 };

  constructor(parts: TargetParts) {
    this.#parts = parts;
  }

  /** How often each call took effect. */
  get effects(): ReadonlyMap<CallId, number> {
    return this.#effects;
  }

  /** The target as one gateway reaches it. */
  reachedBy(gateway: Process): Connects {
    return { connect: () => this.#connect(gateway) };
  }

  #connect(gateway: Process): Target {
    const step = (label: string) =>
      this.#parts.scheduler.park(gateway, { label: `target ${label}`, work: () => undefined });
    return {
      parse: (input) => input as unknown as Json,
      analyse: async (input) => {
        await step('analyses');
        if (this.#parts.random.chance(0.2)) this.#orBroken();
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
        await step('shows a preview');
        if (this.#parts.random.chance(0.2)) this.#orBroken();
        return {
          input: [{ label: 'statement', text: textOf(input) }],
          words: [],
          impact: { count: null, unit: 'rows', how: 'none', why: 'a double' },
          notes: [],
        };
      },
      previewReachesTarget: () => true,
      execute: async (input, _analysis, context) => {
        this.busy(gateway);
        await step('begins');
        if (context.signal.aborted) return failed(reasonOf(context), 'no');
        if (this.#breaks()) return failed('target_unavailable', 'no');
        return textOf(input).startsWith('write')
          ? this.#write(gateway, context, step)
          : this.#read(gateway, context, step);
      },
      recover: async (evidence) => {
        await step('is asked what became of it');
        this.#orAway();
        return this.#found(evidence as { id: number });
      },
      ping: async () => undefined,
      close: async () => undefined,
    };
  }

  async #read(
    gateway: Process,
    context: ExecuteContext,
    step: (label: string) => Promise<void>,
  ): Promise<Execution> {
    this.#parts.dispatched(context.call, false, gateway);
    await step('reads');
    if (context.signal.aborted) return failed(reasonOf(context), 'rolled_back');
    return this.#breaks() ? failed('target_unavailable', 'rolled_back') : succeeded;
  }

  async #write(
    gateway: Process,
    context: ExecuteContext,
    step: (label: string) => Promise<void>,
  ): Promise<Execution> {
    const { random, scheduler } = this.#parts;
    const id = this.#transactions.length;
    const transaction: Transaction = { state: 'open', told: !random.chance(this.faults.forgotten) };
    this.#transactions.push(transaction);
    const end = (code: ErrorCode, ran: Ran): Execution => {
      if (transaction.state === 'open') transaction.state = 'aborted';
      return failed(code, ran);
    };
    try {
      await context.started({ id });
    } catch {
      return end('internal', 'no');
    }
    if (context.signal.aborted) return end(reasonOf(context), 'no');
    await step('takes the statement');
    // A backend that recovery ended takes nothing any more.
    if (isOver(transaction)) return failed('target_unavailable', 'rolled_back');
    this.#parts.dispatched(context.call, true, gateway);
    await step('answers the statement');
    if (context.signal.aborted) return end(reasonOf(context), 'rolled_back');
    if (this.#breaks()) return end('target_unavailable', 'rolled_back');
    // From here on it can take effect, whatever becomes of the gateway.
    const arrived = scheduler.park(this.#server, {
      label: `COMMIT of ${context.call} arrives`,
      work: () => {
        if (transaction.state !== 'open') return;
        transaction.state = 'committed';
        this.#effects.set(context.call, (this.#effects.get(context.call) ?? 0) + 1);
      },
    });
    if (random.chance(this.faults.broken * 2)) {
      await step('loses the connection at COMMIT');
      const { outcome } = this.#away() ? unknown : this.#found({ id });
      if (outcome === 'unknown') return unknown;
      return outcome === 'succeeded' ? succeeded : failed('target_unavailable', 'rolled_back');
    }
    await arrived;
    await step('answers COMMIT');
    // Ended by recovery meanwhile: the server refuses the commit.
    return transaction.state === 'committed' ? succeeded : failed('target_unavailable', 'rolled_back');
  }

  /** Ends the transaction where it is open, and tells what became of it. */
  #found({ id }: { readonly id: number }): Recovered {
    const transaction = this.#transactions[id];
    if (transaction === undefined) throw new TypeError(`no transaction ${id} was ever begun`);
    if (transaction.state === 'open') transaction.state = 'aborted';
    if (this.#parts.lies === true) return { outcome: 'failed', ran: 'rolled_back' };
    if (!transaction.told) return { outcome: 'unknown', ran: null };
    return transaction.state === 'committed'
      ? { outcome: 'succeeded', ran: null }
      : { outcome: 'failed', ran: 'rolled_back' };
  }

  /** Nobody can ask it anything for so long; who talks to it already goes on. Milliseconds. */
  goesAway(ms: number): void {
    this.#awayUntil = this.#parts.scheduler.now + ms;
  }

  /** Whether it can be asked now. Once it can't, it can't for a while. */
  #away(): boolean {
    const { random, scheduler } = this.#parts;
    if (scheduler.now >= this.#awayUntil && random.chance(this.faults.away))
      this.#awayUntil = scheduler.now + random.pick([1, 5000, 30_000]);
    return scheduler.now < this.#awayUntil;
  }

  #orAway(): void {
    if (this.#away()) throw new CountersignError('target_unavailable');
  }

  #breaks(): boolean {
    return this.#parts.random.chance(this.faults.broken);
  }

  #orBroken(): void {
    if (this.#breaks()) throw new CountersignError('target_unavailable');
  }
}

const succeeded: Execution = { outcome: 'succeeded', result: { columns: [], rows: [], truncated: false } };
const unknown: Execution = { outcome: 'unknown', code: 'outcome_unknown', message: null };
const failed = (code: ErrorCode, ran: Ran): Execution => ({ outcome: 'failed', code, ran, message: null });

const reasonOf = ({ signal }: ExecuteContext): ErrorCode =>
  signal.reason instanceof CountersignError ? signal.reason.code : 'internal';

const textOf = (input: Json): string => (input as { sql: string }).sql;
