/**
 * Waits until something observed is so, and throws when it is not within the time: half a minute unless told. That is
 * patience for a busy machine, not a promise; a test of how soon something comes measures it.
 */
export async function until(
  observed: () => boolean | Promise<boolean>,
  { withinMs = 30_000 }: { readonly withinMs?: number } = {},
): Promise<void> {
  for (const end = performance.now() + withinMs; !(await observed()); await pause(20))
    if (performance.now() > end) throw new Error(`it did not come to be within ${withinMs} ms`);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
