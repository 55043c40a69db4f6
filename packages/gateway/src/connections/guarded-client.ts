/** The driver's client, with a cap on the bytes of one answer: an oversized cell is stopped on the wire, not in memory. */
import { Client, type ClientConfig } from 'pg';

export class GuardedClient extends Client {
  #allowed = Number.POSITIVE_INFINITY;
  #overflowed = false;
  #ready = false;

  constructor(config?: string | ClientConfig) {
    super(config);
    // Whoever waits for an answer gets the error; an unheard event would end the process.
    this.on('error', () => {});
    this.once('connect', () => {
      this.#ready = true;
      this.connection.stream.on('data', (chunk: Buffer) => this.#count(chunk.length));
    });
  }

  /** Bytes the answers from now on may have in all, until the next call; beyond them the connection is destroyed. */
  allow(bytes: number): void {
    this.#allowed = bytes;
  }

  /** Whether the connection was destroyed for an answer beyond what was allowed. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Whether it has ever been connected and logged in. */
  get ready(): boolean {
    return this.#ready;
  }

  destroy(): void {
    this.connection.stream.destroy();
  }

  #count(bytes: number): void {
    this.#allowed -= bytes;
    if (this.#allowed >= 0 || this.#overflowed) return;
    this.#overflowed = true;
    this.destroy();
  }
}
