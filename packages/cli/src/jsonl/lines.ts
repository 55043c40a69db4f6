/** A stream of bytes, cut into lines. Never holds more than one line, and never more of a line than it may have. */

export interface RawLine {
  /** 1 for the first. */
  readonly number: number;
  /** Without its line feed, nor the carriage return before it; null for a line that was too long to keep. */
  readonly bytes: Uint8Array | null;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Yields every line, empty ones too; what follows the last line feed is a line unless it is empty. A line over
 * `maxBytes` is dropped as it comes in, and yielded as null.
 */
export async function* splitLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<RawLine> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let size = 0;
  /** One more than a line may have: the carriage return, which does not count, may still come. */
  const keep = (part: Uint8Array) => {
    size += part.byteLength;
    if (size > maxBytes + 1) parts = [];
    else if (part.byteLength > 0) parts.push(part);
  };
  const take = (): RawLine => {
    number++;
    const whole = size > maxBytes + 1 ? null : Buffer.concat(parts);
    parts = [];
    size = 0;
    const bytes = whole?.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    return { number, bytes: bytes !== null && bytes.byteLength > maxBytes ? null : bytes };
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (size > 0) yield take();
}
