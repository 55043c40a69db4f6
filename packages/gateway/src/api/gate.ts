/** Whether a request is let in to a route, and as whom: by its token or its session, and as often as it may. */
import { CountersignError, type Principal } from '@countersign/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Viewer, viewerOf } from '../calls/sight.ts';
import type { Session } from '../identity/sessions.ts';
import { type IdentifyParts, identify, identifyAgain, type Known } from './identify.ts';
import { classesOf, type Route } from './route.ts';

/** How many requests are taken. */
export interface RateLimits {
  /** Requests a principal may make in a minute; default 60 000. */
  readonly perPrincipal: number;
  /** Requests without a valid token an address may make in a minute, and as many to sign in; default 300. */
  readonly perStranger: number;
}

export const defaultRateLimits: RateLimits = Object.freeze({ perPrincipal: 60_000, perStranger: 300 });

/** The routes of one method and path: each for another actor, so that no handler ever sees a token that is not its own. */
export type Place = readonly [Route, ...Route[]];

/** A request that was let in. */
export interface Admitted {
  readonly route: Route;
  /** Null where anyone is. */
  readonly principal: Principal | null;
  /** The same as one who looks on; null where the route is not for those. */
  readonly viewer: Viewer | null;
  readonly session: Session | null;
  /** What the browser's cookie is to hold from now on; null where it stays. */
  readonly renewed: string | null;
}

export interface Gate {
  /** @throws {CountersignError} `unauthenticated`; `wrong_actor` where it may use none of the routes; `rate_limited`. */
  admit(request: FastifyRequest, here: Place): Promise<Admitted>;
  /** Whether one that was let in would be let in once more, and see as much. */
  again(request: FastifyRequest): Promise<boolean>;
}

const admitted = new WeakMap<FastifyRequest, Admitted>();
/** Who a request is from, whether or not it is let in. */
const principals = new WeakMap<FastifyRequest, Principal>();

/** @throws {CountersignError} `internal` for a request that was not let in. */
export function admittedOf(request: FastifyRequest): Admitted {
  const found = admitted.get(request);
  if (found === undefined) throw new CountersignError('internal', { what: 'a request nobody let in' });
  return found;
}

/** For whom an answer is written; null for a stranger. */
export function audienceOf(request: FastifyRequest): Principal['class'] | null {
  return principals.get(request)?.class ?? null;
}

export function openGate(
  server: FastifyInstance,
  { identity, rateLimits }: { readonly identity: IdentifyParts; readonly rateLimits: RateLimits },
): Gate {
  const rate = (max: number, keyGenerator: (request: FastifyRequest) => string) => {
    const limit = server.createRateLimit({ max, timeWindow: 60_000, keyGenerator });
    return async (request: FastifyRequest) => {
      const used = await limit(request);
      if (!used.isAllowed && used.isExceeded) throw new CountersignError('rate_limited');
    };
  };
  const ofPrincipal = rate(rateLimits.perPrincipal, (request) => principals.get(request)?.id ?? request.ip);
  const ofStranger = rate(rateLimits.perStranger, ({ ip }) => ip);
  // Apart from those: behind a proxy all have one address, and an agent whose token is over must not keep people out.
  const ofNewcomer = rate(rateLimits.perStranger, ({ ip }) => ip);

  async function find(request: FastifyRequest, here: Place): Promise<Admitted> {
    if (here[0].actor === 'public') {
      if (here[0].limited === true) await ofNewcomer(request);
      return { route: here[0], principal: null, viewer: null, session: null, renewed: null };
    }
    const known = await identify(identity, request);
    const [somebody] = known?.principals ?? [];
    if (known === null || somebody === undefined) {
      await ofStranger(request);
      throw new CountersignError('unauthenticated');
    }
    principals.set(request, somebody);
    await ofPrincipal(request);
    for (const route of here) {
      const as = takenAs(route, known);
      if (as === undefined) continue;
      principals.set(request, as.principal);
      return { route, ...as, session: known.session, renewed: known.renewed };
    }
    throw new CountersignError('wrong_actor');
  }

  return {
    async admit(request, here) {
      const found = await find(request, here);
      admitted.set(request, found);
      return found;
    },
    async again(request) {
      const then = admittedOf(request);
      const known = await identifyAgain(identity, request, then.session);
      const now = known === null ? undefined : takenAs(then.route, known);
      return (
        now !== undefined &&
        now.principal.id === then.principal?.id &&
        now.viewer?.everything === then.viewer?.everything
      );
    },
  };
}

/** As whom a route takes somebody: a session has several principals, and some routes want a token. */
function takenAs(
  { actor, signedIn = true }: Route,
  { principals: all, session }: Known,
): { readonly principal: Principal; readonly viewer: Viewer | null } | undefined {
  if (actor === 'public' || (session !== null && !signedIn)) return undefined;
  if (actor === 'viewer') {
    const viewer = viewerOf(all);
    return viewer && { principal: viewer.principal, viewer };
  }
  const principal =
    actor === 'session'
      ? all[session === null ? -1 : 0]
      : classesOf[actor].flatMap((wanted) => all.filter((one) => one.class === wanted))[0];
  return principal && { principal, viewer: null };
}
