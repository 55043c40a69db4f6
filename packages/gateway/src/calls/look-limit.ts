/** How often a principal may have a target looked at before anybody agreed: each look costs the target, a trial its locks. */
import type { Runtime } from '../runtime/runtime.ts';

/** Looks a principal may have in a minute. */
export const looksPerMinute = 120;
const minuteMs = 60_000;

export interface LookLimit {
  /** Counts one more, and says whether it may be. */
  take(principal: string): boolean;
}

/** In memory: each gateway counts its own. */
export function createLookLimit({ now }: Pick<Runtime, 'now'>): LookLimit {
  const looks = new Map<string, number[]>();
  return {
    take(principal) {
      const since = now() - minuteMs;
      // Who has not looked for a minute is forgotten, so that names don't gather.
      for (const [name, times] of looks) if ((times.at(-1) ?? 0) <= since) looks.delete(name);
      const mine = (looks.get(principal) ?? []).filter((time) => time > since);
      if (mine.length >= looksPerMinute) return false;
      looks.set(principal, [...mine, now()]);
      return true;
    },
  };
}
