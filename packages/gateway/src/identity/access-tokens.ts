/**
 * JWT access tokens of configured issuers, as agents and services hold them (RFC 9068). What a token says of itself picks
 * nothing: the issuer is one of the file's, the algorithm one of those pinned there, the key one that the issuer
 * publishes. A token is read strictly, so that no two readers see two tokens in it.
 */
import { CountersignError, nameSchema, type Principal, parseStrictJson, sha256 } from '@countersign/core';
import { type AccessTokens, humanOf, type Identity, type Issuer, type Policy } from '@countersign/policy';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Log } from '../calls/room.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Claims, groupsAt, isClaims, subjectOf, textAt } from './claims.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** Milliseconds a verified token is taken at its word. */
const trustedForMs = 1000;
/** Seconds a token may be old: what lives longer is no token for a short while. */
const oldest = 86_400;

/** Where a key lies, a key itself, what else is critical: none of it is the token's to say. */
const refusedHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc', 'cty', 'p2c', 'epk', 'apu'];

interface Trusted {
  readonly principal: Principal;
  readonly since: number;
  readonly forMs: number;
  /** The policy it was judged under. */
  readonly policy: Policy;
}

interface Parts {
  readonly policy: () => Policy;
  readonly keys: IssuerKeys;
  readonly runtime: Runtime;
  readonly log: Log;
}

/**
 * Verifies access tokens.
 *
 * `verify` throws `token_refused` for a genuine token that says too little or what can't be taken, and `unavailable`
 * where its issuer's keys can't be had.
 */
export function accessTokens({ policy, keys, runtime, log }: Parts): TokenVerifier {
  const trusted = new LRUCache<string, Trusted>({ max: 10_000 });

  return {
    verify: async (token) => {
      const now = policy();
      // An object of JSON begins with `e` in base64.
      if (now.identity.issuers.size === 0 || !token.startsWith('e')) return null;
      const digest = sha256(token);
      const known = trusted.get(digest);
      if (known?.policy === now && !hasPassed(runtime, known.since, known.forMs)) return known.principal;
      const unverified = readToken(token);
      const issuer = unverified === null ? undefined : issuerOf(now.identity, unverified.claims);
      if (unverified === null || issuer === undefined) return null;
      const refuse = (why: string) => log.warn({ issuer: issuer.name, why }, 'a token was refused');
      const headerProblem = problemOfHeader(unverified.header, issuer.tokens);
      if (headerProblem !== null) {
        refuse(headerProblem);
        return null;
      }
      const wrong = await signatureProblem(token, issuer, await keys.of(issuer.issuer), runtime);
      if (wrong !== null) {
        refuse(wrong);
        return null;
      }
      const principal = principalOf(now, issuer, unverified.claims);
      if (typeof principal === 'string') {
        refuse(principal);
        throw new CountersignError('token_refused', { what: principal });
      }
      const left = Number(unverified.claims['exp']) * 1000 - runtime.now();
      const forMs = Math.max(0, Math.min(trustedForMs, left));
      trusted.set(digest, { principal, since: runtime.now(), forMs, policy: now });
      return principal;
    },
  };
}

/** An issuer whose access tokens are taken. */
type Accepting = Issuer & { readonly tokens: AccessTokens };

function issuerOf({ issuers }: Identity, claims: Claims): Accepting | undefined {
  const issuer = issuers.get(textAt(claims, 'iss') ?? '');
  return issuer?.tokens == null ? undefined : { ...issuer, tokens: issuer.tokens };
}

interface Unverified {
  readonly header: Claims;
  readonly claims: Claims;
}

/** Null for what is no JWS in compact form, or could be read in two ways. */
function readToken(token: string): Unverified | null {
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token);
  if (parts === null) return null;
  try {
    const [header, claims] = [parts[1], parts[2]].map((part) =>
      parseStrictJson(Buffer.from(part ?? '', 'base64url'), { depth: 8 }),
    );
    return isClaims(header) && isClaims(claims) ? { header, claims } : null;
  } catch {
    return null;
  }
}

function problemOfHeader(header: Claims, { algorithms, types }: AccessTokens): string | null {
  const { alg, typ, kid } = header;
  if (!algorithms.some((one) => one === alg)) return 'its algorithm is none of those pinned';
  const odd = refusedHeaders.find((name) => Object.hasOwn(header, name));
  if (odd !== undefined) return `its header says "${odd}"`;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 500)) return 'its key has no name';
  if (typ !== undefined && typeof typ !== 'string') return 'its type is no text';
  const type = typ === undefined ? 'none' : typ.toLowerCase().replace(/^application\//, '');
  return types.some((one) => one.toLowerCase() === type && (one === 'none') === (typ === undefined))
    ? null
    : 'its type is none of those taken';
}

/** Null where signature, issuer, audience and times are as they have to be. */
async function signatureProblem(
  token: string,
  { issuer, tokens }: Accepting,
  key: Parameters<typeof jwtVerify>[1] & object,
  runtime: Runtime,
): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, key as never, {
      issuer,
      audience: tokens.audience,
      algorithms: [...tokens.algorithms],
      requiredClaims: ['sub', 'exp', 'iat'],
      clockTolerance: tokens.clockSkewMs / 1000,
      maxTokenAge: oldest,
      currentDate: new Date(runtime.now()),
    });
    return Number(payload.exp) - Number(payload.iat) > oldest ? 'it lives longer than a day' : null;
  } catch (thrown) {
    if (thrown instanceof CountersignError) throw thrown;
    if (thrown instanceof errors.JWKSTimeout)
      throw new CountersignError(
        'unavailable',
        { what: `the keys of ${issuer} can't be had` },
        { cause: thrown },
      );
    if (thrown instanceof errors.JOSEError) return `${thrown.code}: ${thrown.message}`.slice(0, 200);
    return 'it can’t be verified';
  }
}

/** Who a verified token stands for, or why it can't be taken. */
function principalOf(policy: Policy, issuer: Accepting, claims: Claims): Principal | string {
  const { tokens } = issuer;
  // Who has such a token without its key has stolen it (RFC 7800), and whether this one has the key was not asked.
  if (Object.hasOwn(claims, 'cnf'))
    return 'it is bound to a key of its client: have the issuer send bearer tokens';
  const subject = subjectOf(claims);
  if (subject === null) return 'it has no subject of the usual form';
  const actor = actorOf(issuer, claims);
  if (typeof actor === 'string') return actor;
  const { asks, delegated } = actor;
  const client = textAt(asks, tokens.client) ?? (delegated ? textAt(asks, 'sub') : null);
  if (client === null) return `it has no claim ${tokens.client}`;
  const config = tokens.clients.get(client);
  const name = config?.name ?? `${client}@${issuer.name}`;
  if (!nameSchema.safeParse(name).success)
    return 'its client can’t be named here as it is: give it a name under clients';
  const account = accountOf(issuer, subject);
  const human = humanOf(policy, account);
  const owner = ownerOf(policy, issuer, claims, config?.owner ?? null);
  if (owner === null) return 'nobody under people answers for it';
  const { groups, problem } = groupsAt(claims, tokens.groups);
  if (groups === undefined) return problem;
  return Object.freeze({
    class: tokens.class,
    id: `${tokens.class}:${name}`,
    name,
    groups: Object.freeze([...groups]),
    account: null,
    owner,
    // A person's token in a client's hands is used for that person, whether or not it says so.
    onBehalfOf: human?.name ?? (delegated ? account : null),
  });
}

/** The account of a subject. */
export function accountOf({ issuer }: Pick<Issuer, 'issuer'>, subject: string): string {
  return `oidc:${issuer}#${subject}`;
}

/** Whose claims say who asks: the token's own, or those of `act`, which acts for the token's subject (RFC 8693). */
function actorOf(
  { issuer }: Issuer,
  claims: Claims,
): { readonly asks: Claims; readonly delegated: boolean } | string {
  if (!Object.hasOwn(claims, 'act')) return { asks: claims, delegated: false };
  const { act } = claims;
  if (!isClaims(act)) return 'its actor is no object';
  if (Object.hasOwn(act, 'iss') && act['iss'] !== issuer) return 'its actor is of another issuer';
  return { asks: act, delegated: true };
}

function ownerOf(policy: Policy, issuer: Accepting, claims: Claims, given: string | null): string | null {
  const { owner: claim } = issuer.tokens;
  const said = given ?? (claim === null ? null : textAt(claims, claim));
  if (said === null) return null;
  if (policy.people.has(said)) return said;
  return given === null ? (humanOf(policy, accountOf(issuer, said))?.name ?? null) : null;
}
