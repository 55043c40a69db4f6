/** What the requests of one call share: what was decided, what hides values, what became of the writes. */
import type { IncomingMessage } from 'node:http';
import { CountersignError } from '@countersign/core';
import { sameDigest } from '../../../identity/same-digest.ts';
import { hideSecrets } from '../../http/echoes.ts';
import type { ApiRequest } from '../api-request.ts';
import type { ApiEvent, EndpointOptions, RefusedRequest, Writes } from '../endpoint.ts';
import { builtInKinds } from '../kinds.ts';
import type { Caps, Masks } from './answer.ts';
import { type Consent, judge, type Passing, type Refused } from './judge.ts';

export interface Call {
  readonly options: EndpointOptions;
  readonly masks: Masks;
  readonly caps: Caps & { readonly requestBytes: number };
  /** Aborted by the options' signal, and at the end. */
  readonly signal: AbortSignal;
  readonly refused: RefusedRequest | null;
  readonly writes: Readonly<Writes>;
  /** What the cluster answered to a command whose stream it did not open, by path: kubectl asks again in another way. */
  readonly unopened: Map<string, { readonly status: number; readonly body: Buffer }>;
  /** Whether a request carries the token of this call. */
  knows(request: IncomingMessage): boolean;
  /** Collections in which something was looked for that is not there. */
  readonly missing: Set<string>;
  /** Whether a request may go through. One that may not ends the call. */
  judge(raw: {
    readonly method: string;
    readonly url: string;
    readonly contentType: string | null;
    readonly body: Buffer | null;
  }): Passing | Refused | Unanswered;
  /** Ends the call. */
  refuse(
    raw: { readonly method: string; readonly url: string },
    why: string,
    of?: Pick<Refused, 'request' | 'effects'>,
  ): Refused;
  /** Makes the intent durable, where the request changes something. @throws What the caller's hook throws. */
  beforeSending(passing: Passing): Promise<void>;
  /** Counts a request that changes something, from its first byte on. */
  sending(passing: Passing): { readonly sent: () => void; readonly answered: (accepted: boolean) => void };
  told(event: ApiEvent): void;
  during(work: Promise<void>): Promise<void>;
  end(): void;
  idle(): Promise<void>;
}

/**
 * `describe` looks for others whose names begin like the one that it did not find. Nobody was asked about those, and
 * nothing is told of them; the call goes on, so that kubectl says what it did not find.
 */
export interface Unanswered {
  readonly kind: 'unanswered';
}

/** Where objects of one kind are. */
export const collectionOf = ({ group, resource, namespace }: ApiRequest): string =>
  `${group}/${resource}/${namespace ?? ''}`;

const mebibyte = 1024 * 1024;
const defaults = {
  requests: 2000,
  requestBytes: 4 * mebibyte,
  responseBytes: 64 * mebibyte,
  streamBytes: 64 * mebibyte,
};

/** @param token What kubectl has to show. */
export async function createCall(options: EndpointOptions, token: string): Promise<Call> {
  const { masker, effects, kinds = builtInKinds, limits, cluster, dryRunOnly = false } = options;
  const [credential = null] = await cluster.secrets();
  const secrets = credential === null ? [] : [credential];
  const paths = masker.paths ?? [];
  const detect = (text: string) => masker.cell(0, text) ?? '';
  const clean = (text: string) => hideSecrets(detect(text), secrets);
  const consent: Consent = {
    effects,
    kinds,
    dryRunOnly,
    hides: { byPath: paths.length > 0, byName: masker.touches(0) },
  };
  const caps = { ...defaults, ...limits };
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  const writes = { sent: 0, answered: 0, accepted: 0 };
  const missing = new Set<string>();
  let refused: RefusedRequest | null = null;
  let requests = 0;

  const refuse: Call['refuse'] = (raw, why, of = { request: null, effects: [] }) => {
    refused ??= { method: raw.method, path: pathOf(raw.url), effects: of.effects, why };
    options.onRequest({ ...eventOf(of.request, raw.method, of.effects), status: null, refused: why });
    return { kind: 'refused', request: of.request, effects: of.effects, why };
  };

  return {
    options,
    masks: { clean, detect: masker.touches(0) ? detect : null, paths, credential, known: new Map() },
    caps,
    signal: AbortSignal.any([options.signal, ending.signal]),
    unopened: new Map(),
    missing,
    get refused() {
      return refused;
    },
    writes,
    knows: ({ headers: { authorization = '' } }) => sameDigest(authorization, `Bearer ${token}`),
    judge: (raw) => {
      if (refused !== null) return refuse(raw, 'the call is over');
      if (++requests > caps.requests) return refuse(raw, 'too many requests in one call');
      const judged = judge(raw, consent);
      if (judged.kind === 'passes') return judged;
      const { request, effects: wanted, why } = judged;
      if (request?.verb !== 'list' || !missing.has(collectionOf(request))) return refuse(raw, why, judged);
      options.onRequest({ ...eventOf(request, raw.method, wanted), status: null, refused: why });
      return { kind: 'unanswered' };
    },
    refuse,
    beforeSending: async ({ request, effects: wanted, changes }) => {
      if (!changes) return;
      await options.beforeWrite({ ...eventOf(request, request.method, wanted), status: null, refused: null });
      if (refused !== null) throw new CountersignError('cancelled');
    },
    sending: ({ changes }) => {
      let [isSent, isAnswered] = [false, false];
      return {
        sent: () => {
          if (changes && !isSent) writes.sent++;
          isSent = true;
        },
        answered: (accepted) => {
          if (!changes || isAnswered || !isSent) return;
          isAnswered = true;
          writes.answered++;
          if (accepted) writes.accepted++;
        },
      };
    },
    told: (event) => options.onRequest(event),
    during: (work) => {
      running.add(work);
      const done = () => void running.delete(work);
      return work.then(done, done);
    },
    end: () => ending.abort(new CountersignError('shutting_down')),
    idle: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

/** An event without its end. */
export function eventOf(
  request: ApiRequest | null,
  method: string,
  effects: ApiEvent['effects'],
): Omit<ApiEvent, 'status' | 'refused'> {
  const { verb = 'unreadable', subresource = null, dryRun = false } = request ?? {};
  return { method, verb, effects, subresource, dryRun };
}

const pathOf = (url: string): string => (url.split('?')[0] ?? '').slice(0, 500);
