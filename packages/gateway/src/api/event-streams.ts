/**
 * Streams of changes, as server-sent events. A stream begins with `ready`, which says from where; then what has happened
 * since `Last-Event-ID`, then what happens. One that is not read fast enough is ended, and goes on where it was when its
 * client comes back. Whether its client would still be let in is asked at every beat, and before anything is told.
 */
import { Readable } from 'node:stream';
import { type Change, CountersignError, type Principal, type StreamReady } from '@countersign/core';
import type { Feed } from '../calls/feed.ts';
import type { Happened } from '../calls/happened.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Streams at one gateway, of agents and services, which leave room for people, and of one principal. */
const [mostStreams, mostOfAgents, mostOfOne] = [1000, 500, 50];
/** Characters that wait to be read before a stream is ended. */
const mostUnread = 256 * 1024;
/** Changes that wait to be told while it is asked whether they may be. */
const mostUntold = 2000;
const beatMs = 15_000;
/** For how long an answer that somebody would still be let in holds. Milliseconds. */
const letInForMs = 500;

export interface StreamParts {
  readonly principal: Principal;
  readonly stillLetIn: () => Promise<boolean>;
  /** The last change that the client knows of; undefined for one that begins. */
  readonly after: number | undefined;
  /** What of a happening the client is told; null where it is not theirs to know. */
  readonly sees: (happened: Happened) => Change | null;
}

export class EventStreams {
  readonly #feed: Feed;
  readonly #runtime: Pick<Runtime, 'now' | 'sleep'>;
  readonly #closing: AbortSignal;
  readonly #open = new Set<OpenStream>();
  #beating = false;

  constructor(feed: Feed, runtime: Pick<Runtime, 'now' | 'sleep'>, closing: AbortSignal) {
    this.#feed = feed;
    this.#runtime = runtime;
    this.#closing = closing;
    closing.addEventListener('abort', () => {
      for (const stream of this.#open) stream.end();
    });
  }

  /** @throws {CountersignError} `rate_limited` where there are too many; what reading the store throws. */
  async open(parts: StreamParts): Promise<Readable> {
    if (!this.#hasRoom(parts.principal))
      throw new CountersignError('rate_limited', { what: 'too many streams are open' });
    const stream = new OpenStream(parts, this.#runtime, () => this.#open.delete(stream));
    this.#open.add(stream);
    try {
      await stream.begin(this.#feed);
    } catch (fault) {
      stream.end();
      throw fault;
    }
    void this.#beat();
    return stream.readable;
  }

  #hasRoom(one: Principal): boolean {
    const open = [...this.#open].map(({ principal }) => principal);
    if (open.length >= mostStreams || open.filter(({ id }) => id === one.id).length >= mostOfOne)
      return false;
    return !isAgent(one) || open.filter(isAgent).length < mostOfAgents;
  }

  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    while (this.#open.size > 0 && !this.#closing.aborted) {
      await this.#runtime.sleep(beatMs, this.#closing);
      await Promise.all([...this.#open].map((stream) => stream.beat()));
    }
    this.#beating = false;
  }
}

const isAgent = (principal: Principal): boolean =>
  principal.class === 'agent' || principal.class === 'service';

class OpenStream {
  readonly principal: Principal;
  readonly readable: Readable;
  readonly #parts: StreamParts;
  readonly #runtime: Pick<Runtime, 'now'>;
  #untold: Happened[] = [];
  #telling = false;
  /** The last change that was passed: told, or not theirs to know. */
  #last = -1;
  #letInSince: number;
  #leave: () => void = () => undefined;

  constructor(parts: StreamParts, runtime: Pick<Runtime, 'now'>, closed: () => void) {
    this.principal = parts.principal;
    this.#parts = parts;
    this.#runtime = runtime;
    this.#letInSince = runtime.now();
    this.readable = new Readable({ read: () => undefined });
    this.readable.on('error', () => undefined);
    this.readable.once('close', () => {
      this.#leave();
      closed();
    });
  }

  async begin(feed: Feed): Promise<void> {
    const early: Happened[] = [];
    let begun = false;
    const { from, leave } = await feed.follow((happened) => {
      if (begun) this.#tell(happened);
      else early.push(...happened);
    });
    this.#leave = leave;
    const { after } = this.#parts;
    const since =
      after === undefined || after >= from
        ? { happened: [], missed: after !== undefined && after > from }
        : await feed.since(after, from);
    const ready: StreamReady = { index: from, missed: since.missed };
    this.#last = since.missed || after === undefined ? from : Math.min(after, from);
    this.#write(`id: ${this.#last}\nevent: ready\ndata: ${JSON.stringify(ready)}\n\n`);
    begun = true;
    this.#tell([...since.happened, ...early]);
  }

  /** Says that it lives, and how far it is, so that who comes back need not read it all again. */
  async beat(): Promise<void> {
    if (await this.#stillLetIn()) this.#write(this.#telling ? ':\n\n' : `:\nid: ${this.#last}\n\n`);
  }

  /** Cuts the connection: what was not read by then is told again to who comes back. */
  end(): void {
    this.readable.destroy();
  }

  #tell(happened: readonly Happened[]): void {
    this.#untold.push(...happened);
    if (this.#untold.length > mostUntold) return void this.readable.destroy();
    if (!this.#telling && this.#untold.length > 0) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#telling = true;
    while (this.#untold.length > 0 && !this.readable.destroyed) {
      if (!(await this.#stillLetIn())) break;
      const now = this.#untold;
      this.#untold = [];
      for (const one of now) this.#tellOne(one);
    }
    this.#telling = false;
  }

  #tellOne(happened: Happened): void {
    const { index } = happened.change;
    if (index <= this.#last) return;
    this.#last = index;
    const change = this.#parts.sees(happened);
    if (change !== null)
      this.#write(`id: ${index}\nevent: ${change.type}\ndata: ${JSON.stringify(change)}\n\n`);
  }

  /** Ends the stream where its client would not be let in any more, or where that can't be told. */
  async #stillLetIn(): Promise<boolean> {
    if (!hasPassed(this.#runtime, this.#letInSince, letInForMs)) return true;
    try {
      if (await this.#parts.stillLetIn()) {
        this.#letInSince = this.#runtime.now();
        return true;
      }
    } catch {
      // The store is down: whoever comes back when it is not is let in then.
    }
    this.end();
    return false;
  }

  #write(text: string): void {
    if (this.readable.destroyed) return;
    this.readable.push(text);
    if (this.readable.readableLength > mostUnread) this.readable.destroy();
  }
}
