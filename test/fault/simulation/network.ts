/**
 * The network between clients and gateways. A request arrives late, twice or not at all; an answer gets lost though the
 * work was done; a gateway dies with what was asked of it. Whoever asked learns no more than that no answer came.
 */
import { CountersignError } from '@countersign/core';
import { faultOf } from '../../../packages/gateway/src/store/store-fault.ts';
import type { Gateway } from './gateways.ts';
import type { Random } from './random.ts';
import { processNamed, type Scheduler } from './scheduler.ts';

export interface NetworkFaults {
  readonly lost: number;
  readonly twice: number;
}

/** No answer came. Whether anything was done is not known. */
export class Unanswered extends Error {
  override name = 'Unanswered';
}

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Told of an answer that no client should ever get. */
  readonly violated: (what: string) => void;
}

export class Network {
  readonly #parts: NetworkParts;
  readonly #wire = processNamed('network');
  faults: NetworkFaults = { lost: 0, twice: 0 };

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** @throws {CountersignError} the gateway's refusal. @throws {Unanswered} */
  async ask<T>(gateway: Gateway, what: string, work: () => Promise<T>): Promise<T> {
    const { random } = this.#parts;
    await this.#carries(`${what} to ${gateway.process.name}`);
    if (random.chance(this.faults.lost)) throw new Unanswered(what);
    if (random.chance(this.faults.twice))
      void this.#carries(`${what} again`)
        .then(() => this.#work(gateway, what, work))
        .catch(() => undefined);
    const answer = await this.#work(gateway, what, work);
    await this.#carries(`the answer to ${what}`);
    if (random.chance(this.faults.lost)) throw new Unanswered(what);
    if (answer instanceof CountersignError) throw answer;
    return answer;
  }

  /** @returns what came of it, a refusal included. @throws {Unanswered} when the gateway is dead, or dies of it. */
  async #work<T>(gateway: Gateway, what: string, work: () => Promise<T>): Promise<T | CountersignError> {
    if (!gateway.process.alive) throw new Unanswered(what);
    try {
      return await Promise.race([work(), gateway.died]);
    } catch (thrown) {
      if (!gateway.process.alive) throw new Unanswered(what);
      const fault = faultOf(thrown);
      if (fault.code === 'internal') this.#parts.violated(`${what} failed with ${String(thrown)}`);
      return fault;
    }
  }

  #carries(what: string): Promise<void> {
    return this.#parts.scheduler.park(this.#wire, { label: what, work: () => undefined });
  }
}
