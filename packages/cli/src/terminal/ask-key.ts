/** A question answered by one key. */
import type { InputStream, Terminal } from './terminal.ts';

/**
 * Asks on stderr and waits for one of `keys` (lower-case letters). Only for an interactive terminal.
 *
 * @throws {DOMException} an `AbortError`, for Ctrl-C, Ctrl-D, the end of input or its failure, and the signal.
 */
export async function askKey<const Key extends string>(
  { stdin, err }: Terminal,
  question: string,
  keys: readonly Key[],
  signal: AbortSignal,
): Promise<Key> {
  await err.write(`${question} `);
  try {
    return await pressedKey(stdin, keys, signal);
  } finally {
    await err.line();
  }
}

const interruptions: ReadonlySet<string> = new Set(['\u0003', '\u0004']);

async function pressedKey<const Key extends string>(
  stdin: InputStream,
  keys: readonly Key[],
  signal: AbortSignal,
): Promise<Key> {
  return await new Promise<Key>((resolve, reject) => {
    const interrupted = () => end(() => reject(new DOMException('interrupted', 'AbortError')));
    const pressed = (data: Buffer) => {
      for (const character of data.toString().toLowerCase()) {
        const key = keys.find((wanted) => wanted === character);
        if (key !== undefined) return end(() => resolve(key));
        if (interruptions.has(character)) return interrupted();
      }
    };
    const end = (then: () => void) => {
      stdin.off('data', pressed);
      for (const event of ['end', 'error'] as const) stdin.off(event, interrupted);
      signal.removeEventListener('abort', interrupted);
      stdin.setRawMode?.(false);
      stdin.pause();
      then();
    };
    if (signal.aborted) return reject(new DOMException('interrupted', 'AbortError'));
    signal.addEventListener('abort', interrupted);
    stdin.setRawMode?.(true);
    stdin.on('data', pressed);
    for (const event of ['end', 'error'] as const) stdin.on(event, interrupted);
    stdin.resume();
  });
}
