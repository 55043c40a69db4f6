/**
 * The stream of a command in a container: messages whose first byte names a channel (v4 and v5.channel.k8s.io). What the
 * command writes goes to kubectl masked, line by line; how it ended goes on as an object does. From kubectl nothing may
 * come but that it closes: each message is looked at, counted and part of the digest.
 */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { CountersignError } from '@countersign/core';
import type { StreamRecord } from '../endpoint.ts';
import { TextLines } from '../text-lines.ts';
import { FrameReader, frame, type Message, opcodes } from './web-socket.ts';

const channels = { input: 0, output: 1, errors: 2, status: 3 } as const;

export interface CommandStream {
  readonly kubectl: Duplex;
  readonly cluster: Duplex;
  /** What was read of each with its handshake. */
  readonly heads: { readonly kubectl: Buffer; readonly cluster: Buffer };
  /** What is left of a text. */
  readonly clean: (text: string) => string;
  /** What is left of the status with which it ends. */
  readonly maskStatus: (text: string) => string;
  readonly streamBytes: number;
  readonly signal: AbortSignal;
}

export interface StreamEnd {
  readonly record: StreamRecord;
  /** Whether the cluster told how the command ended. */
  readonly told: boolean;
  /** Why it was ended here; null where one of both sides ended it. */
  readonly refused: string | null;
}

/** Resolves when both sides are closed. Never rejects. */
export function runCommandStream(stream: CommandStream): Promise<StreamEnd> {
  return new Promise((resolve) => new Relay(stream, resolve).start());
}

class Relay {
  readonly #stream: CommandStream;
  readonly #done: (end: StreamEnd) => void;
  readonly #lines: ReadonlyMap<number, TextLines>;
  readonly #digest = createHash('sha256');
  readonly #fromKubectl = new FrameReader(true);
  readonly #fromCluster = new FrameReader(false);
  #sent = 0;
  #received = 0;
  #bytes = 0;
  #told = false;
  #refused: string | null = null;
  #over = false;

  constructor(stream: CommandStream, done: (end: StreamEnd) => void) {
    this.#stream = stream;
    this.#done = done;
    this.#lines = new Map(
      [channels.output, channels.errors].map((channel) => [channel, new TextLines(stream.clean)]),
    );
  }

  start(): void {
    const { kubectl, cluster, heads, signal } = this.#stream;
    kubectl.on('data', (piece: Buffer) => this.#guarded(() => this.#kubectlSays(piece)));
    cluster.on('data', (piece: Buffer) => this.#guarded(() => this.#clusterSays(piece)));
    for (const side of [kubectl, cluster]) {
      side.once('error', () => this.#end(null));
      side.once('close', () => this.#end(null));
      side.once('end', () => this.#end(null));
    }
    signal.addEventListener('abort', () => this.#end(null), { once: true });
    if (signal.aborted) this.#end(null);
    this.#guarded(() => this.#kubectlSays(heads.kubectl));
    this.#guarded(() => this.#clusterSays(heads.cluster));
  }

  #guarded(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (thrown) {
      const why = thrown instanceof CountersignError ? thrown.code : 'internal';
      this.#end(why === 'result_too_large' ? 'more came back than is looked through' : 'its stream is none');
    }
  }

  #kubectlSays(piece: Buffer): void {
    const { kubectl, cluster } = this.#stream;
    for (const message of this.#fromKubectl.push(piece)) {
      this.#sent++;
      this.#record('>', message);
      if (message.opcode === opcodes.ping) kubectl.write(frame({ ...message, opcode: opcodes.pong }, false));
      else if (message.opcode === opcodes.close) {
        cluster.write(frame(message, true));
        this.#end(null);
      } else if (message.opcode !== opcodes.pong && message.payload.length > 1)
        // Input, or the size of a terminal: nobody was asked about either.
        return this.#end('kubectl sent what nobody was asked about');
    }
  }

  #clusterSays(piece: Buffer): void {
    const { kubectl, cluster, streamBytes } = this.#stream;
    this.#bytes += piece.length;
    if (this.#bytes > streamBytes) throw new CountersignError('result_too_large');
    for (const message of this.#fromCluster.push(piece)) {
      this.#received++;
      this.#record('<', message);
      if (message.opcode === opcodes.ping) cluster.write(frame({ ...message, opcode: opcodes.pong }, true));
      else if (message.opcode === opcodes.close) {
        this.#flush();
        kubectl.write(frame(message, false));
        return this.#end(null);
      } else if (message.opcode !== opcodes.pong) this.#channel(message.payload);
    }
  }

  #channel(payload: Buffer): void {
    const [channel = 0] = payload;
    const content = payload.subarray(1);
    const lines = this.#lines.get(channel);
    if (lines !== undefined) this.#toKubectl(channel, lines.push(content));
    else if (channel === channels.status && content.length > 0) {
      this.#flush();
      this.#told = true;
      this.#toKubectl(channel, Buffer.from(this.#stream.maskStatus(content.toString())));
    }
  }

  /** What is held back has no more to come. */
  #flush(): void {
    for (const [channel, lines] of this.#lines) this.#toKubectl(channel, lines.end());
  }

  #toKubectl(channel: number, content: Buffer): void {
    const { kubectl, cluster } = this.#stream;
    if (content.length === 0 || kubectl.destroyed) return;
    const payload = Buffer.concat([Buffer.from([channel]), content]);
    if (kubectl.write(frame({ opcode: opcodes.binary, payload }, false))) return;
    cluster.pause();
    kubectl.once('drain', () => cluster.resume());
  }

  #record(way: '<' | '>', { opcode, payload }: Message): void {
    const head = Buffer.alloc(6);
    head.write(way);
    head[1] = opcode;
    head.writeUInt32BE(payload.length, 2);
    this.#digest.update(head).update(payload);
  }

  #end(refused: string | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#refused = refused;
    const { kubectl, cluster } = this.#stream;
    try {
      if (refused === null) this.#flush();
    } catch {
      // What can't be looked through does not go on.
    }
    for (const side of [kubectl, cluster]) {
      side.on('error', () => undefined);
      side.end();
    }
    if (refused !== null || this.#stream.signal.aborted)
      for (const side of [kubectl, cluster]) side.destroy();
    this.#done({
      record: {
        sent: this.#sent,
        received: this.#received,
        bytes: this.#bytes,
        digest: this.#digest.digest('hex'),
      },
      told: this.#told,
      refused: this.#refused,
    });
  }
}
