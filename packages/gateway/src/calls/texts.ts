/** Contents that never change, opened once and kept for a while: a card is looked at by many people, many times. */
import type { EventId } from '@countersign/core';
import { LRUCache } from 'lru-cache';
import type { Sealer } from '../ledger/seal.ts';

/** Characters of texts kept. */
const cachedCharacters = 16 * 1024 * 1024;

export interface Texts {
  /** Null where it is not kept any more, or was erased. */
  read(event: EventId, name: string): Promise<string | null>;
  forget(): void;
}

export function createTexts(sealer: Pick<Sealer, 'open'>): Texts {
  const known = new LRUCache<string, string>({
    maxSize: cachedCharacters,
    sizeCalculation: (text) => 200 + text.length,
  });
  return {
    read: async (event, name) => {
      const key = `${event} ${name}`;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const opened = await sealer.open(event, name);
      if (opened === null) return null;
      known.set(key, opened.content);
      return opened.content;
    },
    forget: () => known.clear(),
  };
}
