/** Follows changes: takes a stream up again where it broke off, for as long as the token is let in. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Change,
  CountersignError,
  changeSchema,
  changeTypes,
  streamReadySchema,
} from '@countersign/core';
import { parseAnswer } from './answer.ts';
import { readEvents } from './event-stream.ts';
import type { Transport } from './transport.ts';

/** What a follower is told. */
export type Followed =
  /** The stream stands, and tells what comes. With `missed`, what changed before has to be read anew. */
  { readonly kind: 'ready'; readonly missed: boolean } | { readonly kind: 'change'; readonly change: Change };

/** How changes are followed. */
export interface FollowOptions {
  /** Ends it; what it is aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The index of the last change that is known; default: what comes from now on. */
  readonly after?: number | undefined;
}

/** Milliseconds before a stream that broke is taken up again: at first, and at most. */
const [firstPauseMs, longestPauseMs] = [250, 15_000];
/** Milliseconds without a byte after which a stream counts as broken: the gateway says every fifteen seconds that it lives. */
const silentMs = 45_000;

/** What a newer gateway tells beside these is passed over. */
const known: ReadonlySet<string> = new Set(changeTypes);

/** Codes with which another try has no other end. */
const final: ReadonlySet<string> = new Set(['unauthenticated', 'wrong_actor', 'not_found', 'config_invalid']);

/**
 * @throws {CountersignError} `unauthenticated`, `wrong_actor`, `config_invalid`, `not_found`; everything else is tried
 * again.
 */
export async function* follow(
  http: Transport,
  path: string,
  { signal, after }: FollowOptions,
): AsyncGenerator<Followed> {
  let last = after;
  let pauseMs = firstPauseMs;
  for (;;) {
    signal?.throwIfAborted();
    const quiet = new AbortController();
    let watch: NodeJS.Timeout | undefined;
    const hear = () => {
      clearTimeout(watch);
      // The stream keeps the process alive, not the watch on it: who stops listening is not held up by it.
      watch = setTimeout(() => quiet.abort(new Error('nothing was heard')), silentMs).unref();
    };
    const stops = signal === undefined ? quiet.signal : AbortSignal.any([signal, quiet.signal]);
    try {
      hear();
      const query = last === undefined ? '' : `?after=${last}`;
      const body = await http.stream({ method: 'GET', path: `${path}${query}`, signal: stops });
      const seen = (id: string) => {
        if (/^\d{1,15}$/.test(id)) last = Number(id);
      };
      for await (const { name, data } of readEvents(heard(body, hear), seen)) {
        pauseMs = firstPauseMs;
        if (name === 'ready') yield { kind: 'ready', missed: parseAnswer(streamReadySchema, data).missed };
        else if (known.has(name)) yield { kind: 'change', change: parseAnswer(changeSchema, data) };
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof CountersignError && final.has(thrown.code)) throw thrown;
    } finally {
      clearTimeout(watch);
      quiet.abort();
    }
    // Many lose the same gateway at once, and need not all come back at once.
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function* heard(body: AsyncIterable<Uint8Array>, hear: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hear();
    yield chunk;
  }
}
