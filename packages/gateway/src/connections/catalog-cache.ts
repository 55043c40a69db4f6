/**
 * What is known of a target's schema, kept between calls. Loaded at the first need; loads that overlap are one load.
 * A stale catalog can't do harm (an execution compares what it relied on), but a fresh one spares the agent a failure.
 */
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { withSignal } from './with-signal.ts';

/** Milliseconds after which a catalog is loaded again at the next need. */
const freshForMs = 60_000;

interface Kept<T> {
  readonly value: T;
  readonly loadedAt: number;
}

export class CatalogCache<T> {
  readonly #load: () => Promise<T>;
  readonly #runtime: Runtime;
  #kept: Kept<T> | null = null;
  #loading: Promise<T> | null = null;

  /** `load` is called without a caller's signal: several callers may share one load. */
  constructor(load: () => Promise<T>, runtime: Runtime) {
    this.#load = load;
    this.#runtime = runtime;
  }

  /**
   * The catalog, at most a minute old. Rejects with what `load` threw, or with the reason of the signal, which is made
   * only where there is something to wait for.
   */
  async current(until: () => AbortSignal): Promise<T> {
    const kept = this.#kept;
    if (kept !== null && !hasPassed(this.#runtime, kept.loadedAt, freshForMs)) return kept.value;
    return await this.refreshed(until);
  }

  /** A catalog loaded afresh; joins a load that is under way. */
  async refreshed(until: () => AbortSignal): Promise<T> {
    this.#kept = null;
    this.#loading ??= this.#start();
    return await withSignal(this.#loading, until());
  }

  /** The schema has changed: what is kept is not used again, nor what is being loaded just now. */
  forget(): void {
    this.#kept = null;
    this.#loading = null;
  }

  #start(): Promise<T> {
    const loading: Promise<T> = this.#load().then(
      (value) => {
        if (this.#loading === loading) {
          this.#kept = { value, loadedAt: this.#runtime.now() };
          this.#loading = null;
        }
        return value;
      },
      (error: unknown) => {
        if (this.#loading === loading) this.#loading = null;
        throw error;
      },
    );
    return loading;
  }
}
