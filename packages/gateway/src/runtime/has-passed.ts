import type { Runtime } from './runtime.ts';

/**
 * Whether so many milliseconds have passed since a moment of this clock. Where the clock was set back meanwhile nobody
 * can tell, and they have: what is kept for a moment must not be kept for as long as the clock was wrong.
 */
export function hasPassed({ now }: Pick<Runtime, 'now'>, since: number, ms: number): boolean {
  const passed = now() - since;
  return passed < 0 || passed >= ms;
}
