/**
 * Parked runs, from the application's side: a state leaves this process encrypted, and comes back to the one process
 * that takes it.
 *
 * ```
 * paused run ──park──▶ parked ──unpark──▶ taken ──park, release──▶ parked
 *                                           └───finish──▶ gone        taken: renewed while this process lives
 * ```
 */
import type { KeyObject } from 'node:crypto';
import type { Client } from '@countersign/client';
import {
  asCountersignError,
  CountersignError,
  type LeaseId,
  newId,
  type ParkedHeader,
  type ParkedRunId,
  type ParkedRunView,
  parkedRunIdSchema,
} from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import { persist } from './persist.ts';
import { checkTools, fingerprintOf, reliedTools } from './relied-tools.ts';
import { checkSchemaVersion } from './schema-version.ts';
import type { RunContextLike, RunResultLike } from './sdk.ts';
import { openState, sealState } from './sealed-state.ts';
import { writtenState } from './written-state.ts';

/** How a parked run is asked for. */
export interface ParkedRunOptions {
  /** What a token function is asked with, because the run's own context is in the state; its `context` is what you give. */
  readonly runContext?: RunContextLike;
  /** Ends the requests; what it is aborted with is thrown. The gateway may have acted all the same. */
  readonly signal?: AbortSignal;
}

/** A parked run that this process has taken. */
interface Taken {
  readonly run: string;
  readonly lease: LeaseId;
  readonly client: Client;
  readonly timer: NodeJS.Timeout;
  /** Another took it, or it was finished elsewhere. */
  lost: boolean;
}

/** A lease is for 15 minutes: one renewal may fail, and the next is still in time. Milliseconds. */
const renewEveryMs = 5 * 60_000;

const choices =
  'one of these: resume it where it fits (the SDK and the tools that parked it), reject what it waits for, or drop it with finish(id)';

export class ParkedRuns {
  readonly #gateway: GatewayClient;
  readonly #stateKey: KeyObject | null;
  readonly #taken = new Map<string, Taken>();

  constructor(gateway: GatewayClient, stateKey: KeyObject | null) {
    this.#gateway = gateway;
    this.#stateKey = stateKey;
  }

  async park(result: RunResultLike, { signal }: Pick<ParkedRunOptions, 'signal'> = {}): Promise<ParkedRunId> {
    const key = this.#key();
    const gateway = this.#gateway;
    const runContext = result.state._context;
    const run = gateway.runIdOf(runContext);
    const { state, schemaVersion } = writtenState(gateway, result, run);
    const tools = reliedTools(gateway, result.interruptions);
    const [id, taken] = this.#takenOf(run);
    if (taken?.lost === true) throw new CountersignError('lease_lost', { what: id });
    const header: ParkedHeader = {
      id,
      run,
      schema_version: schemaVersion,
      fingerprint: fingerprintOf(tools),
    };
    const client = gateway.clientFor(runContext);
    const principal = await persist(() => client.getPrincipal({ signal }), signal);
    const sealed = sealState(key, principal, header, { state, tools });
    const lease = taken === undefined ? {} : { lease: taken.lease };
    await persist(() => client.parkRun({ ...header, state: sealed, ...lease }, { signal }), signal);
    this.#forget(id);
    return id;
  }

  async unpark(given: string, { runContext, signal }: ParkedRunOptions = {}): Promise<string> {
    const key = this.#key();
    const id = idIn(given);
    const client = this.#clientFor(runContext);
    const principal = await persist(() => client.getPrincipal({ signal }), signal);
    const lease = newId('lease');
    const { view, state: sealed } = await persist(() => client.unparkRun(id, { lease }, { signal }), signal);
    try {
      const { run, schema_version, fingerprint } = view;
      const { state, tools } = openState(key, principal, { id, run, schema_version, fingerprint }, sealed);
      await checkSchemaVersion(schema_version, choices);
      checkTools(this.#gateway, tools, choices);
      this.#keep(id, run, lease, client);
      return state;
    } catch (thrown) {
      // Given back, so that a process where it fits need not wait for the lease to lapse.
      await client.releaseRun(id, { lease }).catch(() => {});
      throw thrown;
    }
  }

  async finish(given: string, { runContext, signal }: ParkedRunOptions = {}): Promise<void> {
    const id = idIn(given);
    const taken = this.#taken.get(id);
    const client = taken?.client ?? this.#clientFor(runContext);
    const lease = taken === undefined ? {} : { lease: taken.lease };
    await persist(async (again) => {
      try {
        await client.finishRun(id, lease, { signal });
      } catch (thrown) {
        const { code } = asCountersignError(thrown);
        if (code === 'not_found' || code === 'run_taken' || code === 'lease_lost') this.#forget(id);
        if (!(again && code === 'not_found')) throw thrown;
      }
    }, signal);
    this.#forget(id);
  }

  async release(given: string, { signal }: Pick<ParkedRunOptions, 'signal'> = {}): Promise<void> {
    const id = idIn(given);
    const taken = this.#taken.get(id);
    if (taken === undefined)
      throw new CountersignError('lease_lost', { what: 'this process has not taken it' });
    await persist(async (again) => {
      try {
        await taken.client.releaseRun(id, { lease: taken.lease }, { signal });
      } catch (thrown) {
        const { code } = asCountersignError(thrown);
        // It is no longer ours either way; asked again, that may be because the first request did it.
        if (code !== 'lease_lost' && code !== 'not_found') throw thrown;
        if (!again) {
          this.#forget(id);
          throw thrown;
        }
      }
    }, signal);
    this.#forget(id);
  }

  async list({ runContext, signal }: ParkedRunOptions = {}): Promise<readonly ParkedRunView[]> {
    return (await this.#clientFor(runContext).listParkedRuns({ signal })).runs;
  }

  #key(): KeyObject {
    if (this.#stateKey !== null) return this.#stateKey;
    throw new CountersignError('config_invalid', {
      what: 'parking a run needs a key of the application’s own, and COUNTERSIGN_STATE_KEY is not set',
      expected:
        'it, or the option stateKey: 32 random bytes in base64 or hex, as of: openssl rand -base64 32',
    });
  }

  #clientFor(runContext: RunContextLike = { context: undefined, usage: {} }): Client {
    return this.#gateway.clientFor(runContext);
  }

  /** The parked run that this process took this run from, or a new one. */
  #takenOf(run: string): readonly [ParkedRunId, Taken | undefined] {
    for (const [id, taken] of this.#taken) if (taken.run === run) return [id as ParkedRunId, taken];
    return [newId('park'), undefined];
  }

  #keep(id: ParkedRunId, run: string, lease: LeaseId, client: Client): void {
    this.#forget(id);
    const renew = async (): Promise<void> => {
      try {
        await client.renewRun(id, { lease });
      } catch (thrown) {
        // Anything else passes, or the lease lapses: then parking again says so.
        const { code } = asCountersignError(thrown);
        if (code !== 'lease_lost' && code !== 'not_found') return;
        taken.lost = true;
        clearInterval(taken.timer);
      }
    };
    // The process may end: the lease then lapses by itself.
    const timer = setInterval(() => void renew(), renewEveryMs).unref();
    const taken: Taken = { run, lease, client, timer, lost: false };
    this.#taken.set(id, taken);
  }

  #forget(id: string): void {
    clearInterval(this.#taken.get(id)?.timer);
    this.#taken.delete(id);
  }
}

function idIn(given: string): ParkedRunId {
  const id = parkedRunIdSchema.safeParse(given);
  if (id.success) return id.data;
  throw new CountersignError('malformed', { what: 'no id of a parked run', expected: 'an id like park_…' });
}
