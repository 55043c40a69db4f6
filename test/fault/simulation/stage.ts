/** What every actor of a story has at hand: the scheduler, the gateways, and the network to ask them through. */
import { type CallView, CountersignError } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import type { TargetDouble } from '../target-double.ts';
import type { Gateway, Gateways } from './gateways.ts';
import { type Network, Unanswered } from './network.ts';
import type { Random } from './random.ts';
import { processNamed, type Scheduler } from './scheduler.ts';
import type { SharedStore } from './store.ts';

/** What somebody was told, and may rely on from then on. */
export type Answer =
  | { readonly kind: 'call'; readonly call: string; readonly state: CallView['state'] }
  | { readonly kind: 'vote'; readonly approval: string; readonly account: string }
  | { readonly kind: 'stop'; readonly stop: string };

export interface StageParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly gateways: Gateways;
  readonly network: Network;
  readonly target: TargetDouble;
  readonly store: SharedStore;
  readonly violated: (what: string) => void;
}

/** When an `execute` reached a gateway: how many policies had been in force there. */
export interface Arrival {
  readonly gateway: Gateway;
  readonly policies: number;
}

export class Stage {
  readonly parts: StageParts;
  readonly clients = processNamed('clients');
  /** Calls that somebody was told of: people vote on them, agents come back to them. */
  readonly calls: CallView[] = [];
  readonly answers: Answer[] = [];
  /** What a gateway that starts now finds in its file; those that run may lag behind. */
  file: LoadedFile;
  readonly arrivals = new Map<string, Arrival[]>();
  readonly #acts: Promise<unknown>[] = [];

  constructor(parts: StageParts, file: LoadedFile) {
    this.parts = parts;
    this.file = file;
  }

  /** Begins an act that goes on beside the story. */
  begin(act: () => Promise<unknown>): void {
    this.#acts.push(
      act().catch((thrown: unknown) => this.parts.violated(`an act failed with ${String(thrown)}`)),
    );
  }

  /** Resolves when every act has ended, those included that were begun meanwhile. */
  async ended(): Promise<void> {
    for (let seen = 0; seen < this.#acts.length; ) {
      seen = this.#acts.length;
      await Promise.all(this.#acts);
    }
  }

  sleep(ms: number): Promise<void> {
    return this.parts.scheduler.sleep(this.clients, ms);
  }

  /**
   * Asks any gateway that takes requests, and asks again, perhaps another, when no answer came.
   *
   * @returns null when it was refused, or nobody ever answered.
   */
  async ask<T>(what: string, work: (gateway: Gateway) => Promise<T>): Promise<T | null> {
    const { gateways, network, random } = this.parts;
    for (let tries = 0; tries < 4; tries++) {
      if (tries > 0) await this.sleep(random.pick([0, 40, 300, 2000]));
      if (gateways.living.length === 0) continue;
      const gateway = random.pick(gateways.living);
      try {
        return await network.ask(gateway, what, () => work(gateway));
      } catch (thrown) {
        if (thrown instanceof Unanswered) continue;
        if (!(thrown instanceof CountersignError)) throw thrown;
        this.parts.scheduler.tell(`  ${what} is refused: ${thrown.code}`);
        if (thrown.toModel() === '' || random.chance(0.7)) return null;
      }
    }
    return null;
  }

  told(view: CallView): void {
    this.answers.push({ kind: 'call', call: view.id, state: view.state });
  }
}
