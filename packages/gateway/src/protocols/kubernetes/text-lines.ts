/**
 * Masks a text that comes piece by piece: logs, and what a command writes. It goes on line by line, because no value that
 * a detector knows spans lines but a private key: from where one begins nothing goes on until it ended.
 */
import { CountersignError } from '@countersign/core';

/** Bytes that may be held back. */
const mostHeld = 1024 * 1024;
const newline = 0x0a;
const begin = Buffer.from('BEGIN ');
const end = Buffer.from('END ');
const putty = Buffer.from('PuTTY-User-Key-File-');
const key = Buffer.from('PRIVATE KEY');

export class TextLines {
  readonly #clean: (text: string) => string;
  #held: Buffer = Buffer.alloc(0);

  /** @param clean What is left of a text. */
  constructor(clean: (text: string) => string) {
    this.#clean = clean;
  }

  /**
   * What may go on by now.
   *
   * @throws {CountersignError} `result_too_large` where a line does not end.
   */
  push(piece: Buffer): Buffer {
    this.#held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const lines = this.#held.subarray(0, this.#held.lastIndexOf(newline) + 1);
    const ready = lines.subarray(0, openKeyIn(lines));
    if (this.#held.length - ready.length > mostHeld) throw new CountersignError('result_too_large');
    this.#held = this.#held.subarray(ready.length);
    return this.#masked(ready);
  }

  /** What is left, at the end. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#masked(rest);
  }

  /** Bytes that no mask touches stay as they are, text or not. */
  #masked(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    const text = bytes.toString();
    const masked = this.#clean(text);
    return masked === text ? this.#alsoAsBytes(bytes) : Buffer.from(masked);
  }

  /** What is no UTF-8 is looked at a byte a character, too. */
  #alsoAsBytes(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1');
    const masked = this.#clean(text);
    return masked === text ? bytes : Buffer.from(masked);
  }
}

/** Where the line stands in which a private key begins that did not end; else the end of the text. */
function openKeyIn(lines: Buffer): number {
  const file = lines.indexOf(putty);
  if (file >= 0) return lineOf(lines, file);
  for (let at = lines.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : lines.lastIndexOf(key, at - 1)) {
    const line = lines.subarray(lineOf(lines, at), at);
    // The last of them that ends says that all before it did.
    if (line.includes(end)) return lines.length;
    if (line.includes(begin)) return lineOf(lines, at);
  }
  return lines.length;
}

const lineOf = (lines: Buffer, at: number): number => (at === 0 ? 0 : lines.lastIndexOf(newline, at - 1) + 1);
