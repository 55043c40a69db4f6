import { describe, expect, test } from '@jest/globals';
import { type RawLine, splitLines } from './lines.ts';

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function split(maxBytes: number, ...parts: readonly string[]): Promise<(string | null)[]> {
  const lines: RawLine[] = [];
  for await (const line of splitLines(chunks(...parts), maxBytes)) lines.push(line);
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
  return lines.map(({ bytes }) => (bytes === null ? null : Buffer.from(bytes).toString()));
}

describe('a stream is cut into lines', () => {
  test('wherever its chunks begin and end', async () => {
    const text = 'one\ntwo\n\nthree\n';
    for (let at = 0; at <= text.length; at++)
      expect(await split(10, text.slice(0, at), text.slice(at))).toEqual(['one', 'two', '', 'three']);
    expect(await split(10, ...text.split(''))).toEqual(['one', 'two', '', 'three']);
  });

  test('the last one may lack its line feed, and nothing is no line', async () => {
    expect(await split(10, 'one\ntwo')).toEqual(['one', 'two']);
    expect(await split(10)).toEqual([]);
    expect(await split(10, '\n')).toEqual(['']);
  });

  test('a carriage return before the line feed belongs to the line end, no other does', async () => {
    expect(await split(10, 'a\r\nb\rc\r\n\r', '\nd\r')).toEqual(['a', 'b\rc', '', 'd']);
  });

  test('a line of exactly the limit passes, a longer one is null, and the next one is whole again', async () => {
    expect(await split(4, '1234\n12345\n1234\r\n12345\r\nok\n')).toEqual(['1234', null, '1234', null, 'ok']);
    expect(await split(4, '123', '45', '67', '89\nok')).toEqual([null, 'ok']);
    expect(await split(4, '12345')).toEqual([null]);
  });

  test('a line without end is not kept in memory', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 300; count++) yield megabyte;
    }
    const before = process.memoryUsage().arrayBuffers;
    for await (const { bytes } of splitLines(endless(), 1024)) expect(bytes).toBeNull();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * megabyte.byteLength);
  });
});
