/** Keys, as a terminal in raw mode sends them. */

/** A key that means something, or what was typed. */
export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'interrupt'
  | { readonly typed: string };

const sequences: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001bOB', 'down'],
  ['\u001b[5~', 'page-up'],
  ['\u001b[6~', 'page-down'],
]);
const single: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u001b', 'escape'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
  ['\u0004', 'interrupt'],
]);

/** What follows an escape in a sequence. */
const sequence = /^(?:\[[0-9;?]*[ -/]*[@-~]|O[@-~])/;

/** The keys of what came at once. Sequences that mean nothing here, and other control characters, are dropped. */
export function keysIn(data: string): readonly Key[] {
  return pieces(data).flatMap((text): readonly Key[] => {
    const key = sequences.get(text) ?? single.get(text);
    if (key !== undefined) return [key];
    return /^\p{Cc}/u.test(text) ? [] : [{ typed: text }];
  });
}

/** Escape sequences, and single characters. */
function pieces(data: string): readonly string[] {
  const [head = '', ...escapes] = data.split('\u001b');
  const rest = escapes.flatMap((text) => {
    const [found = ''] = sequence.exec(text) ?? [];
    return [`\u001b${found}`, ...Array.from(text.slice(found.length))];
  });
  return [...Array.from(head), ...rest];
}
