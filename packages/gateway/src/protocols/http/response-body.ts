/** The body of an answer: bounded in size, and in how much a few bytes may unpack to. */
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

export interface ReadBody {
  readonly bytes: Buffer;
  /** Whether there is more. */
  readonly truncated: boolean;
  /** Whether it is packed in a way that can't be undone here. */
  readonly packed: boolean;
}

/** What one byte may unpack to, once there is more than this: text seldom packs better than 1 to 20. */
const maxRatio = 100;
const ratioFromBytes = 256 * 1024;

type Unpacker = Transform & { readonly bytesWritten: number };
const unpackers: ReadonlyMap<string, () => Unpacker> = new Map<string, () => Unpacker>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['br', () => createBrotliDecompress()],
]);

/** The codings that {@link readBody} undoes, for the server to choose from. */
export const acceptedCodings = 'gzip, deflate, br';

/**
 * Reads at most `most` bytes, unpacked. What unpacks to more than a hundred times its size is cut there.
 *
 * @throws What the socket throws.
 */
export async function readBody(body: Readable, coding: string | null, most: number): Promise<ReadBody> {
  const name = coding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return collect(body, most, () => false);
  const unpack = unpackers.get(name)?.();
  // Packed twice, or in a way of its own.
  if (unpack === undefined) return { ...(await collect(body, most, () => false)), packed: true };
  pipeline(body, unpack, () => undefined);
  const bomb = (size: number) => size > ratioFromBytes && size > unpack.bytesWritten * maxRatio;
  try {
    return await collect(unpack, most, bomb);
  } catch (thrown) {
    const { code } = thrown as { readonly code?: unknown };
    if (typeof code !== 'string' || !/^(?:Z_|ERR__?(?:ZLIB|BROTLI))/.test(code)) throw thrown;
    return { bytes: Buffer.alloc(0), truncated: false, packed: true };
  }
}

async function collect(stream: Readable, most: number, enough: (size: number) => boolean): Promise<ReadBody> {
  const parts: Buffer[] = [];
  let size = 0;
  let truncated = false;
  for await (const part of stream as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.byteLength;
    truncated = size > most || enough(size);
    // Leaving the loop ends the stream, and the connection with it.
    if (truncated) break;
  }
  return { bytes: Buffer.concat(parts).subarray(0, most), truncated, packed: false };
}
