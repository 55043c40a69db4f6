/** The effects of a statement as they are found: one for each action, resource and `via`, columns gathered. */
import type { Action, Effect, Resource } from '@countersign/core';

interface Gathered {
  readonly action: Action;
  readonly resource: Resource;
  readonly via: string | undefined;
  /** Null as soon as every column may be meant. */
  columns: Set<string> | null;
}

export class EffectSet {
  readonly #gathered = new Map<string, Gathered>();

  /**
   * Adds an effect, or columns to one that is there.
   *
   * @param columns The exact columns; null where every column may be meant, or for what has none.
   */
  add(action: Action, resource: Resource, columns: Iterable<string> | null = null, via?: string): void {
    const key = `${action}\n${resource}\n${via ?? ''}`;
    const known = this.#gathered.get(key);
    if (known === undefined) {
      this.#gathered.set(key, { action, resource, via, columns: columns === null ? null : new Set(columns) });
      return;
    }
    if (columns === null) known.columns = null;
    else if (known.columns !== null) for (const column of columns) known.columns.add(column);
  }

  /** Adds the effects of something else that happens because of `via`; an effect that has its own keeps it. */
  addAll(effects: Iterable<Effect>, via?: string): void {
    for (const effect of effects)
      this.add(effect.action, effect.resource, effect.columns ?? null, effect.via ?? via);
  }

  /** Sorted, so that the same statement always has the same list. */
  list(): readonly Effect[] {
    const effects = [...this.#gathered.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    return effects.map(([, { action, resource, via, columns }]) => ({
      action,
      resource,
      ...(via === undefined ? {} : { via }),
      ...(columns === null ? {} : { columns: [...columns].sort() }),
    }));
  }
}
