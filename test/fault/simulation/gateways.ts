/** The gateways of a story: engines as the product makes them, on the story's store, target, clock and randomness. */
import { createHash, createPrivateKey } from 'node:crypto';
import type { ProtocolName } from '@countersign/core';
import type { Engine, Keys, Runtime, Store } from '@countersign/gateway';
import type { LoadedFile } from '@countersign/policy';
import { assembleEngine } from '../../../packages/gateway/src/engine.ts';
import { keysFrom } from '../../../packages/gateway/src/ledger/keys.ts';
import { ParkedRuns } from '../../../packages/gateway/src/runs/parked-runs.ts';
import type { TargetDouble } from '../target-double.ts';
import { idFrom, type Random } from './random.ts';
import { type Process, processNamed, type Scheduler } from './scheduler.ts';
import type { Sabotage } from './simulate.ts';
import type { SharedStore } from './store.ts';

/** Ids, bytes and time from the seed. `skewMs`: how far the gateway's own clock is from the store's. */
export function storyRuntime(
  process: Process,
  { scheduler, random }: { readonly scheduler: Scheduler; readonly random: Random },
  skewMs: number,
): Runtime {
  return {
    now: () => scheduler.now + skewMs,
    randomBytes: (size) => random.bytes(size),
    newId: ((kind: string) => idFrom(random, kind)) as Runtime['newId'],
    reached: () => undefined,
    sleep: (ms, signal) => scheduler.sleep(process, ms, signal),
    timer: (ms, ring) => {
      const stopped = new AbortController();
      void scheduler.sleep(process, ms, stopped.signal).then(() => {
        if (!stopped.signal.aborted) ring();
      });
      return () => stopped.abort();
    },
  };
}

/** The keys that the gateways of every story share; nothing of theirs is secret. */
export function storyKeys(): Keys {
  const seed = createHash('sha256').update('a key for stories').digest();
  // PKCS #8 for Ed25519: a fixed head, then the 32 bytes of the key.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return keysFrom(seed, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), null);
}

export interface Gateway {
  readonly process: Process;
  readonly engine: Engine;
  readonly runs: ParkedRuns;
  /** Versions of the policies that were in force here, in order; the last one is. */
  readonly inForce: string[];
  /** Rejects once it is dead: what was asked of it gets no answer any more. */
  readonly died: Promise<never>;
}

export interface GatewaysParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly store: SharedStore;
  readonly target: TargetDouble;
  readonly keys: Keys;
  /** What the store says it is: on an embedded one a gateway knows that it is alone. */
  readonly kind: Store['kind'];
  readonly sabotage: Sabotage;
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class Gateways {
  readonly #parts: GatewaysParts;
  #living: Gateway[] = [];
  #begun = 0;
  readonly #deaths = new Map<Process, () => void>();
  /** Those that are on their way up; they can be killed, too. */
  readonly #starting = new Set<Process>();
  readonly #closing = new Set<Process>();

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  /** Those that take requests. */
  get living(): readonly Gateway[] {
    return this.#living;
  }

  /** How many there are, those included that are just starting or ending. */
  get count(): number {
    return this.#living.length + this.#starting.size + this.#closing.size;
  }

  /** @returns the gateway; null when its store failed it, or it died, before it was up. */
  async start(file: LoadedFile): Promise<Gateway | null> {
    const { scheduler, random, store, target, keys, kind } = this.#parts;
    const process = processNamed(`gateway ${++this.#begun}`);
    const skewMs = random.pick([0, 0, -1500, 2500]);
    this.#starting.add(process);
    const assembled = assembleEngine({
      store: store.seenBy(process, kind),
      keys,
      file,
      log: silent,
      runtime: storyRuntime(process, { scheduler, random }, skewMs),
      protocols: new Map<ProtocolName, ReturnType<TargetDouble['reachedBy']>>([
        ['postgres', target.reachedBy(process)],
      ]),
    });
    const died = new Promise<never>((_, reject) => {
      this.#deaths.set(process, () => reject(new Error('the gateway died')));
    });
    died.catch(() => undefined);
    const engine = await Promise.race([assembled, died]).catch(() => null);
    this.#starting.delete(process);
    if (engine === null) {
      this.kill(process);
      return null;
    }
    const runs = new ParkedRuns(store.seenBy(process, kind).db, engine.ledger);
    const gateway = { process, engine, runs, inForce: [file.policy.version], died };
    this.#living.push(gateway);
    return gateway;
  }

  /** As `kill -9`: from now on nothing of this gateway reaches the store or the target. */
  kill(process: Process): void {
    const { scheduler, store } = this.#parts;
    scheduler.tell(`${process.name} is killed`);
    scheduler.kill(process);
    store.disconnect(process);
    this.#living = this.#living.filter((one) => one.process !== process);
    this.#starting.delete(process);
    this.#closing.delete(process);
    this.#deaths.get(process)?.();
  }

  killAll(): void {
    for (const process of [...this.#starting, ...this.#closing, ...this.#living.map((one) => one.process)])
      this.kill(process);
  }

  /** As `SIGTERM`: takes no more requests, and ends when what runs has ended. */
  async shutDown(gateway: Gateway): Promise<void> {
    this.#living = this.#living.filter((one) => one !== gateway);
    this.#closing.add(gateway.process);
    await Promise.race([gateway.engine.close(), gateway.died]).catch(() => undefined);
    if (gateway.process.alive) this.kill(gateway.process);
  }

  async reload(gateway: Gateway, file: LoadedFile, by: string): Promise<void> {
    // What is decided while the reload is under way may be under either.
    if (this.#parts.sabotage.forgetsReloads !== true) await gateway.engine.policy.load(async () => file, by);
    gateway.inForce.push(file.policy.version);
  }
}
