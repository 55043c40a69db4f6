/** Frames of a WebSocket (RFC 6455), without extensions: read piece by piece, put together to messages, written. */
import { createHash, randomBytes } from 'node:crypto';
import { CountersignError } from '@countersign/core';

export const opcodes = { continued: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A message, put together, or a control frame. */
export interface Message {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Bytes a message may have. Commands write 32 KiB at a time. */
const mostBytes = 4 * 1024 * 1024;

/** The answer to a handshake's key. */
export const acceptFor = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** What one side sends, as messages. */
export class FrameReader {
  readonly #masked: boolean;
  #held: Buffer = Buffer.alloc(0);
  /** A message that is not complete. */
  #opcode = 0;
  #parts: Buffer[] = [];
  #size = 0;

  /** @param masked Whether frames have to be masked, as a client's are, or must not be. */
  constructor(masked: boolean) {
    this.#masked = masked;
  }

  /** The messages that are complete by now. @throws {CountersignError} `target_error` for what is no frame. */
  push(piece: Buffer): readonly Message[] {
    this.#held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const messages: Message[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) {
      const message = this.#together(frame);
      if (message !== null) messages.push(message);
    }
    return messages;
  }

  #next(): (Message & { readonly last: boolean }) | null {
    const held = this.#held;
    const [first, second] = held;
    if (first === undefined || second === undefined) return null;
    if ((first & 0x70) !== 0 || ((second & 0x80) !== 0) !== this.#masked) throw noFrame();
    const short = second & 0x7f;
    const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + sizeBytes + (this.#masked ? 4 : 0);
    if (held.length < start) return null;
    const length =
      sizeBytes === 0 ? short : sizeBytes === 2 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
    if (length > mostBytes) throw noFrame();
    if (held.length < start + length) return null;
    const payload = Buffer.from(held.subarray(start, start + length));
    if (this.#masked) unmask(payload, held.subarray(start - 4, start));
    this.#held = held.subarray(start + length);
    return { opcode: first & 0x0f, last: (first & 0x80) !== 0, payload };
  }

  #together({ opcode, payload, last }: Message & { readonly last: boolean }): Message | null {
    if (opcode >= opcodes.close) {
      if (!last || payload.length > 125 || opcode > opcodes.pong) throw noFrame();
      return { opcode, payload };
    }
    const begins = opcode !== opcodes.continued;
    if (begins !== (this.#opcode === 0) || opcode > opcodes.binary) throw noFrame();
    if (begins) this.#opcode = opcode;
    this.#size += payload.length;
    if (this.#size > mostBytes) throw noFrame();
    this.#parts.push(payload);
    if (!last) return null;
    const message = { opcode: this.#opcode, payload: Buffer.concat(this.#parts) };
    this.#opcode = 0;
    this.#parts = [];
    this.#size = 0;
    return message;
  }
}

/** One frame with all of a message. @param masked As a client has to send it. */
export function frame({ opcode, payload }: Message, masked: boolean): Buffer {
  const { length } = payload;
  const size = length < 126 ? Buffer.alloc(1) : length < 65_536 ? Buffer.alloc(3) : Buffer.alloc(9);
  const flag = masked ? 0x80 : 0;
  if (length < 126) size[0] = length | flag;
  else if (length < 65_536) {
    size[0] = 126 | flag;
    size.writeUInt16BE(length, 1);
  } else {
    size[0] = 127 | flag;
    size.writeBigUInt64BE(BigInt(length), 1);
  }
  const begin = Buffer.from([0x80 | opcode]);
  if (!masked) return Buffer.concat([begin, size, payload]);
  const key = randomBytes(4);
  const hidden = Buffer.from(payload);
  unmask(hidden, key);
  return Buffer.concat([begin, size, key, hidden]);
}

function unmask(payload: Buffer, key: Buffer): void {
  for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (key[at & 3] ?? 0);
}

const noFrame = () => new CountersignError('target_error', { what: 'a stream that is none' });
