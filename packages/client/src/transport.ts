/** One request to the gateway: the token, a deadline, a bounded answer, and the error an unsuccessful one stands for. */
import { CountersignError } from '@countersign/core';
import type { z } from 'zod';
import { parseAnswer, problemOf, readBounded } from './answer.ts';
import { baseUrl } from './base-url.ts';

/** A token, or where to get one; asked anew for each request. */
export type TokenSource = string | (() => string | Promise<string>);

/** Where the gateway is, with which token, and how much patience there is. */
export interface TransportOptions {
  /** The gateway's address; https, or http on loopback. */
  readonly url: string;
  /** Left out only for the routes that need none: health. */
  readonly token?: TokenSource;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Milliseconds an answer may take, beyond what a route waits by itself; default 30 000. */
  readonly timeoutMs?: number;
  /** Bytes an answer may have; default 32 MiB. */
  readonly maxAnswerBytes?: number;
}

/** What every request takes. */
export interface RequestOptions {
  /** Ends the request; what it is aborted with is thrown. The gateway may have acted all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface Exchange extends RequestOptions {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Relative, each outside part already encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** Whether it goes without the token: before there is one. */
  readonly anonymous?: boolean;
  /** Milliseconds the route may wait before it answers. */
  readonly waitMs?: number;
}

export class Transport {
  readonly #base: URL;
  readonly #token: TokenSource | undefined;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;

  /** @throws {CountersignError} `config_invalid` for an address that may not be used. */
  constructor(options: TransportOptions) {
    this.#base = baseUrl(options.url);
    this.#token = options.token;
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? 32 * 1024 * 1024;
  }

  get url(): string {
    return this.#base.href;
  }

  /** Sends, and reads the answer as the schema says. */
  async json<Schema extends z.ZodType>(exchange: Exchange, schema: Schema): Promise<z.infer<Schema>> {
    return parseAnswer(schema, await this.text(exchange));
  }

  /**
   * Sends, and returns the body of a successful answer.
   *
   * @throws {CountersignError} the problem's code; `unreachable` where no answer came; `internal` for one that cannot
   * be read; `config_invalid` or `unauthenticated` for a token that cannot be sent or had.
   */
  async text(exchange: Exchange): Promise<string> {
    const headers = new Headers({ accept: 'application/json, application/x-ndjson' });
    if (exchange.anonymous !== true) headers.set('authorization', `Bearer ${await this.#currentToken()}`);
    const { status, body } = await this.#send(exchange, headers);
    if (status < 200 || status > 299) throw problemOf(status, body);
    return body;
  }

  /**
   * Sends, and returns the body of a successful answer as it comes. The caller ends it by the exchange's signal.
   *
   * @throws {CountersignError} as {@link text}.
   */
  async stream(
    exchange: Exchange & { readonly signal: AbortSignal; readonly accept?: string },
  ): Promise<AsyncIterable<Uint8Array>> {
    const { method, path, body, signal, accept = 'text/event-stream' } = exchange;
    const headers = new Headers({ accept });
    headers.set('authorization', `Bearer ${await this.#currentToken()}`);
    try {
      const init: RequestInit = { method, headers, redirect: 'error', signal };
      if (body !== undefined) {
        headers.set('content-type', 'application/json');
        init.body = JSON.stringify(body);
      }
      const response = await this.#fetch(new URL(path, this.#base), init);
      if (response.ok && response.body !== null) return response.body;
      throw problemOf(response.status, await readBounded(response, this.#maxAnswerBytes));
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof CountersignError) throw cause;
      throw new CountersignError('unreachable', { what: this.#base.href }, { cause });
    }
  }

  /** The status of an answer to a request without a token. */
  async status(exchange: Exchange): Promise<number> {
    return (await this.#send(exchange, new Headers())).status;
  }

  async #send(
    exchange: Exchange,
    headers: Headers,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { method, path, body, signal, waitMs = 0 } = exchange;
    signal?.throwIfAborted();
    const deadline = AbortSignal.timeout(this.#timeoutMs + waitMs);
    const init: RequestInit = {
      method,
      headers,
      // A redirect could carry the token away.
      redirect: 'error',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    };
    if (body !== undefined) {
      headers.set('content-type', 'application/json');
      init.body = JSON.stringify(body);
    }
    try {
      const response = await this.#fetch(new URL(path, this.#base), init);
      return { status: response.status, body: await readBounded(response, this.#maxAnswerBytes) };
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof CountersignError) throw cause;
      throw new CountersignError('unreachable', { what: this.#base.href }, { cause });
    }
  }

  async #currentToken(): Promise<string> {
    if (this.#token === undefined)
      throw new CountersignError('config_invalid', { what: 'no token', expected: 'a token for this route' });
    let token: string;
    try {
      token = typeof this.#token === 'string' ? this.#token : await this.#token();
    } catch (cause) {
      throw new CountersignError('unauthenticated', { what: 'no token could be had' }, { cause });
    }
    // Checked here because the platform's own error would show the token.
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4096}$/.test(token))
      throw new CountersignError('config_invalid', {
        what: 'a token that cannot be sent',
        expected: 'printable text',
      });
    return token;
  }
}

const neverSentCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether an `unreachable` is known to have failed before the first byte left: there was no connection to send it on. */
export function neverSent(error: CountersignError): boolean {
  let cause: unknown = error.cause;
  while (typeof cause === 'object' && cause !== null) {
    if ('code' in cause && neverSentCodes.has(cause.code)) return true;
    cause = 'cause' in cause ? cause.cause : null;
  }
  return false;
}
