/** The driver's clients for the store: one that breaks, or falls silent, costs its own questions only. */
import type { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';

/**
 * What the server itself holds a connection of the pool to, milliseconds: a statement of the store takes a few, and who
 * holds a row and is not heard of any more, because the network between is gone, must not keep the others waiting for it.
 * Said on the connection, because a pooler in between takes no such word at its start.
 */
export const patience = 'set statement_timeout = 10000; set idle_in_transaction_session_timeout = 10000';

/**
 * Milliseconds without a byte from the store after which a pool's connection counts as lost. The server ends a statement
 * sooner, and the pool lets go of an idle connection sooner: only one with nobody at its other end is that silent.
 */
const silentMs = 12_000;

export class StoreClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // Whoever waits for an answer gets the error; an unheard event would end the process.
    this.on('error', () => {});
  }

  /** Closes the socket without a word: a farewell would wait for an answer. */
  destroy(): void {
    this.connection.stream.destroy();
  }
}

/** Of the pool. The timeout is one on its socket, not on each question: it costs the hot path nothing. */
export class PooledClient extends StoreClient {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.once('connect', () => {
      (this.connection.stream as Socket).setTimeout(silentMs, () => this.destroy());
    });
  }
}
