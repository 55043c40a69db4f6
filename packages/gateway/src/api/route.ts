/**
 * A route, as data. Each declares the actor it is for: a token of another class is refused before the handler runs, and
 * a route without an actor does not type-check. The same declarations make the OpenAPI document.
 */
import type { Principal, TokenClass } from '@countersign/core';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Viewer } from '../calls/sight.ts';
import type { Session } from '../identity/sessions.ts';
import { noBody, nothing } from './nothing.ts';

/**
 * An agent or service; a person who votes; an operator; whoever may look at everything (`auditor`); whoever looks on at
 * all, a person or one of those, and sees what is theirs to see (`viewer`); whoever is signed in (`session`); anyone at all.
 */
export type Actor = 'agent' | 'person' | 'operator' | 'auditor' | 'viewer' | 'session' | 'public';

/** The classes of an actor. Somebody who is of several comes as the first. */
export const classesOf: Readonly<
  Record<Exclude<Actor, 'viewer' | 'session' | 'public'>, readonly TokenClass[]>
> = Object.freeze({
  agent: ['agent', 'service'],
  person: ['person'],
  operator: ['operator'],
  auditor: ['auditor', 'operator'],
});

export interface Incoming<Params, Query, Body, Who, In = Session | null, Looks = Viewer | null> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Who;
  /** The same as one who looks on; null where the route is not for those. */
  readonly viewer: Looks;
  /** That the request came by; null for one with a token of its own. */
  readonly session: In;
  /** A signal that aborts when the client goes away, or the gateway: for those who wait. */
  readonly gone: () => AbortSignal;
  /** Whether the request would still be let in: for answers that go on after it was. */
  readonly stillLetIn: () => Promise<boolean>;
  readonly reply: FastifyReply;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly actor: Actor;
  /** Whether it is for anyone and costs something: each address may ask for it as often as for what it is refused. */
  readonly limited?: boolean | undefined;
  /** Whether the session of somebody with the actor’s role is let in, or a token only. */
  readonly signedIn?: boolean | undefined;
  /** What it does, in a sentence, for the OpenAPI document. */
  readonly summary: string;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  /** The answer's schema; null for a stream. */
  readonly answer: z.ZodType | null;
  /** The media type of a stream. */
  readonly stream?: string | undefined;
  readonly status: number;
  /** The largest body; undefined for the server's own limit. Bytes. */
  readonly bodyBytes?: number | undefined;
  readonly handle: (incoming: Incoming<unknown, unknown, unknown, Principal | null>) => Promise<unknown>;
}

interface Declared<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType | null,
  A extends Actor,
> {
  readonly method: Route['method'];
  readonly url: string;
  readonly actor: A;
  /** Default false. */
  readonly limited?: boolean;
  /** Default true: who is signed in and has the role may use it, too. */
  readonly signedIn?: boolean;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** The media type of a stream; default lines of JSON. */
  readonly stream?: string;
  /** Default 200. */
  readonly status?: number;
  readonly bodyBytes?: number;
  readonly handle: (
    incoming: Incoming<
      z.output<Params>,
      z.output<Query>,
      z.output<Body>,
      A extends 'public' ? null : Principal,
      A extends 'session' ? Session : Session | null,
      A extends 'viewer' ? Viewer : null
    >,
  ) => Promise<Answer extends z.ZodType ? z.input<Answer> : unknown>;
}

/** Declares a route; what it leaves out must not be sent. */
export function route<
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = typeof noBody,
  Answer extends z.ZodType | null = null,
  A extends Actor = Actor,
>(declared: Declared<Params, Query, Body, Answer, A>): Route {
  const { params = nothing, query = nothing, body = noBody, status = 200, handle, ...rest } = declared;
  return { ...rest, params, query, body, status, handle: handle as Route['handle'] };
}
