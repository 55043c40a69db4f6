/**
 * Parked runs: what an application encrypted, kept until it can go on. The gateway can't read a state; it knows whose it
 * is, which run's, and who has taken it. Another's parked run looks like none at all.
 */
import {
  CountersignError,
  type FinishRequest,
  type Json,
  type LeaseId,
  maxParkedBytes,
  type ParkedRunId,
  type ParkedRunView,
  type ParkRequest,
  type Principal,
  sha256,
  type Unparked,
} from '@countersign/core';
import type { Ledger } from '../ledger/ledger.ts';
import { type Runtime, systemRuntime } from '../runtime/runtime.ts';
import { findParkedRun, listParkedRuns, parkedRunExists, readParkedState } from '../store/find-parked-run.ts';
import { finishParkedRun } from '../store/finish-parked-run.ts';
import { insertParkedRun, type ParkedState, replaceParkedRun } from '../store/keep-parked-run.ts';
import { releaseLease, renewLease, takeParkedRun } from '../store/lease-parked-run.ts';
import type { ParkedRunRow, RunOwner } from '../store/parked-run-row.ts';
import type { Database } from '../store/store.ts';

type StepName = 'park' | 'unpark' | 'renew' | 'release' | 'finish';

/** Runs that one principal may have parked. */
const mostParked = 500;

export class ParkedRuns {
  readonly #db: Database;
  readonly #ledger: Ledger;
  readonly #runtime: Pick<Runtime, 'reached'>;

  constructor(db: Database, ledger: Ledger, runtime: Pick<Runtime, 'reached'> = systemRuntime) {
    this.#db = db;
    this.#ledger = ledger;
    this.#runtime = runtime;
  }

  /**
   * Keeps a state. The same state under the same id again is answered as the first time: an answer can get lost.
   *
   * @throws {CountersignError} `malformed`, `too_large` for what is no state; `too_many_parked`; `run_taken` for an id
   * that is in use; `lease_lost` for a lease that is over; `not_found` for another's run.
   */
  async park(principal: Principal, request: ParkRequest): Promise<ParkedRunView> {
    const { lease } = request;
    const owner = ownerOf(principal);
    const bytes = stateIn(request);
    const runId = await this.#ledger.runId({ ...owner, run: request.run });
    const parked: ParkedState = { ...request, runId, stateDigest: sha256(bytes) };
    const event = await this.#event('run.parked', principal, parked, {
      schemaVersion: request.schema_version,
      fingerprint: request.fingerprint,
      stateDigest: parked.stateDigest,
      bytes: bytes.byteLength,
      onBehalfOf: principal.onBehalfOf,
    });
    const row = await this.#step('park', () =>
      lease === undefined
        ? insertParkedRun(this.#db, owner, parked, mostParked, event)
        : replaceParkedRun(this.#db, owner, parked, lease, event),
    );
    if (row !== null) return this.#done(row);
    const known = await findParkedRun(this.#db, owner, request.id);
    if (known?.lease === null && known.state_digest === parked.stateDigest) return viewOf(known);
    if (lease !== undefined) throw new CountersignError('lease_lost', { what: request.id });
    if (known !== null) throw new CountersignError('run_taken', { what: request.id });
    const isOthers = await parkedRunExists(this.#db, request.id);
    throw new CountersignError(isOthers ? 'not_found' : 'too_many_parked', { what: request.id });
  }

  async list(principal: Principal): Promise<readonly ParkedRunView[]> {
    return (await listParkedRuns(this.#db, ownerOf(principal))).map(viewOf);
  }

  /**
   * Takes the lease and hands the state out. Asked again under the same lease, answers the same.
   *
   * @throws {CountersignError} `run_taken` while another lease is in force; `not_found`.
   */
  async unpark(principal: Principal, id: ParkedRunId, lease: LeaseId): Promise<Unparked> {
    const owner = ownerOf(principal);
    const known = await this.#own(owner, id);
    const event = await this.#event('run.unparked', principal, known, { lease });
    const taken = await this.#step('unpark', () => takeParkedRun(this.#db, owner, id, lease, event));
    const row = taken ?? (await this.#own(owner, id));
    if (taken === null && row.lease !== lease) throw new CountersignError('run_taken', { what: id });
    const state = await readParkedState(this.#db, id);
    if (state === null) throw new CountersignError('not_found', { what: id });
    return { view: this.#done(row), state };
  }

  /** Fifteen minutes from now. @throws {CountersignError} `lease_lost`; `not_found` for a run that is finished. */
  async renew(principal: Principal, id: ParkedRunId, lease: LeaseId): Promise<ParkedRunView> {
    const owner = ownerOf(principal);
    const known = await this.#own(owner, id);
    const event = await this.#event('run.renewed', principal, known, { lease });
    const renewed = await this.#step('renew', () => renewLease(this.#db, owner, id, lease, event));
    return this.#held(renewed, id);
  }

  /** Gives it back as it was. @throws {CountersignError} `lease_lost`, `not_found`. */
  async release(principal: Principal, id: ParkedRunId, lease: LeaseId): Promise<ParkedRunView> {
    const owner = ownerOf(principal);
    const known = await this.#own(owner, id);
    const event = await this.#event('run.released', principal, known, { lease });
    const released = await this.#step('release', () => releaseLease(this.#db, owner, id, lease, event));
    return this.#held(released, id);
  }

  /**
   * Erases the state: by who has taken the run, or by anyone of its owner's while nobody has.
   *
   * @throws {CountersignError} `run_taken` while another has it; `lease_lost` for a lease that is over; `not_found`.
   */
  async finish(principal: Principal, id: ParkedRunId, { lease }: FinishRequest): Promise<void> {
    const owner = ownerOf(principal);
    const known = await this.#own(owner, id);
    const event = await this.#event('run.finished', principal, known, {});
    const step = () => finishParkedRun(this.#db, owner, id, lease ?? null, event);
    if (!(await this.#step('finish', step))) {
      const { leased_until } = await this.#own(owner, id);
      const isOver = lease !== undefined && leased_until === null;
      throw new CountersignError(isOver ? 'lease_lost' : 'run_taken', { what: id });
    }
    this.#ledger.wake();
  }

  async #own(owner: RunOwner, id: ParkedRunId): Promise<ParkedRunRow> {
    const row = await findParkedRun(this.#db, owner, id);
    if (row === null) throw new CountersignError('not_found', { what: id });
    return row;
  }

  /** A durable step, between its two crash points. */
  async #step<T>(name: StepName, take: () => Promise<T>): Promise<T> {
    this.#runtime.reached(`${name}.before`);
    const taken = await take();
    this.#runtime.reached(`${name}.after`);
    return taken;
  }

  #held(row: ParkedRunRow | null, id: ParkedRunId): ParkedRunView {
    if (row === null) throw new CountersignError('lease_lost', { what: id });
    return this.#done(row);
  }

  #done(row: ParkedRunRow): ParkedRunView {
    this.#ledger.wake();
    return viewOf(row);
  }

  #event(
    type: string,
    principal: Principal,
    parked: ParkedState | ParkedRunRow,
    data: { readonly [name: string]: Json },
  ) {
    const id = 'runId' in parked ? parked.runId : parked.run_id;
    return this.#ledger.event({
      type,
      actor: principal.id,
      run: { id, name: parked.run },
      data: { parked: parked.id, ...data },
    });
  }
}

const ownerOf = ({ id, onBehalfOf }: Principal): RunOwner => ({ principal: id, onBehalfOf });

function stateIn({ state }: ParkRequest): Buffer {
  const bytes = Buffer.from(state, 'base64');
  // Node reads past what is no base64; only what it would write back itself is taken.
  if (bytes.toString('base64') !== state)
    throw new CountersignError('malformed', { what: 'state', expected: 'base64' });
  if (bytes.byteLength > maxParkedBytes)
    throw new CountersignError('too_large', { what: `${bytes.byteLength} bytes of state` });
  return bytes;
}

function viewOf(row: ParkedRunRow): ParkedRunView {
  const { id, run, schema_version, fingerprint, waiting } = row;
  return {
    id,
    run,
    schema_version,
    fingerprint,
    parked_at: row.parked_at.toISOString(),
    waiting,
    leased_until: row.leased_until?.toISOString() ?? null,
  };
}
