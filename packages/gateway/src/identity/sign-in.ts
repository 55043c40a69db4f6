/**
 * Signing in at an identity provider: authorization code with PKCE for browsers, the device flow for commands. An account
 * is a subject at an issuer, never a name or a mail address.
 */
import { type ApprovalId, CountersignError, type SessionId } from '@countersign/core';
import type { Policy } from '@countersign/policy';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  genericGrantRequest,
  initiateDeviceAuthorization,
  ResponseBodyError,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { z } from 'zod';
import type { Log } from '../calls/room.ts';
import { faultForLog } from '../runtime/fault-for-log.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { accountOf } from './access-tokens.ts';
import type { Address } from './address.ts';
import { type Claims, groupsAt, subjectOf } from './claims.ts';
import { createProviders, type Provider, providerNamed } from './providers.ts';
import { sameDigest } from './same-digest.ts';
import { approvalNonce, type StateBox } from './sign-in-state.ts';

/** Milliseconds a person may take at the identity provider. */
export const signInWithinMs = 10 * 60_000;

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const [browserState, deviceState] = ['browser', 'device'];

/** A sign-in for one approval, by somebody who is signed in already. */
export interface ForApproval {
  readonly session: SessionId;
  readonly approval: ApprovalId;
  readonly digest: string;
  /** Milliseconds the sign-in may be old. */
  readonly freshMs: number;
}

const stateSchema = z.strictObject({
  secret: z.string(),
  issuer: z.string(),
  path: z.string(),
  since: z.number(),
  forApproval: z
    .strictObject({ session: z.string(), approval: z.string(), digest: z.string(), freshMs: z.number() })
    .nullable(),
});
const deviceSchema = z.strictObject({ issuer: z.string(), code: z.string(), since: z.number() });

/** Who came back. */
export interface SignedInPerson {
  readonly account: string;
  readonly groups: readonly string[];
  /** Unique to this sign-in. */
  readonly proof: string;
  /** A path of the gateway's own. */
  readonly path: string;
  readonly fresh: {
    readonly for: ForApproval;
    readonly signedInAt: Date;
    readonly idToken: string;
    /** What the nonce was made of, with the approval digest. */
    readonly salt: string;
  } | null;
}

export interface DeviceSignIn {
  /** To be handed back with each question whether it is done. */
  readonly handle: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds between two questions. */
  readonly interval: number;
}

export interface SignIns {
  /** Where to lead a browser, and what its cookie is to remember. */
  begin(
    issuer: string | undefined,
    path: string,
    forApproval: ForApproval | null,
  ): Promise<{ readonly location: string; readonly state: string }>;
  /** @throws {CountersignError} `sign_in_failed`, for a browser that comes back as it should not. */
  finish(issuer: string, search: string, state: string | null): Promise<SignedInPerson>;
  beginDevice(issuer: string | undefined): Promise<DeviceSignIn>;
  /** @throws {CountersignError} `sign_in_pending`; `sign_in_failed`. */
  finishDevice(handle: string): Promise<Omit<SignedInPerson, 'path' | 'fresh'>>;
}

interface Parts {
  readonly policy: () => Policy;
  readonly address: () => Address;
  readonly box: StateBox;
  readonly runtime: Runtime;
  readonly log: Log;
}

export function createSignIns({ policy, address, box, runtime, log }: Parts): SignIns {
  const providers = createProviders(runtime);
  /** Of its own for each issuer, so that what one answers can't be taken for another's. */
  const callback = (name: string) => new URL(`/auth/callback/${encodeURIComponent(name)}`, address().origin);
  const nonceOf = (secret: string, forApproval: Pick<ForApproval, 'digest'> | null) => {
    const salt = box.derive('nonce', secret);
    return { salt, nonce: forApproval === null ? salt : approvalNonce(salt, forApproval.digest) };
  };
  const failed = (what: string, cause?: unknown) =>
    new CountersignError('sign_in_failed', { what }, { cause });
  const asked = async <T>(provider: Provider, question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (thrown) {
      throw failure(provider, thrown, log);
    }
  };

  return {
    begin: async (name, path, forApproval) => {
      const provider = providerNamed(policy(), name);
      const client = await providers.client(provider);
      const secret = runtime.randomBytes(32).toString('base64url');
      const location = buildAuthorizationUrl(client, {
        redirect_uri: callback(provider.name).href,
        scope: provider.signIn.scopes.join(' '),
        state: box.derive('state', secret),
        nonce: nonceOf(secret, forApproval).nonce,
        code_challenge: await calculatePKCECodeChallenge(box.derive('verifier', secret)),
        code_challenge_method: 'S256',
        ...(forApproval === null
          ? {}
          : { prompt: 'login', max_age: String(Math.max(1, Math.floor(forApproval.freshMs / 1000))) }),
      });
      const state = { secret, issuer: provider.issuer, path, since: runtime.now(), forApproval };
      return { location: location.href, state: box.seal(browserState, state) };
    },

    finish: async (name, search, sealed) => {
      const state = sealed === null ? null : box.open(browserState, sealed, stateSchema);
      if (state === null) throw failed('it was not begun in this browser, or was finished before');
      if (hasPassed(runtime, state.since, signInWithinMs)) throw failed('it took longer than ten minutes');
      const provider = providerNamed(policy(), name);
      if (provider.issuer !== state.issuer) throw failed('it was begun at another identity provider');
      const given = new URLSearchParams(search).getAll('state');
      const expectedState = box.derive('state', state.secret);
      if (given.length !== 1 || !sameDigest(given[0] ?? '', expectedState))
        throw failed('it is not the one that was begun in this browser');
      const forApproval = state.forApproval as ForApproval | null;
      const { nonce, salt } = nonceOf(state.secret, forApproval);
      const here = callback(provider.name);
      here.search = search;
      const client = await providers.client(provider);
      const tokens = await asked(
        provider,
        authorizationCodeGrant(client, here, {
          pkceCodeVerifier: box.derive('verifier', state.secret),
          expectedState,
          expectedNonce: nonce,
          idTokenExpected: true,
          ...(forApproval === null ? {} : { maxAge: Math.max(1, Math.floor(forApproval.freshMs / 1000)) }),
        }),
      );
      const person = personOf(provider, tokens);
      const fresh =
        forApproval === null
          ? null
          : {
              for: forApproval,
              signedInAt: new Date(Number(tokens.claims()?.auth_time) * 1000),
              idToken: tokens.id_token ?? '',
              salt,
            };
      return { ...person, proof: `state ${expectedState}`, path: state.path, fresh };
    },

    beginDevice: async (name) => {
      const provider = providerNamed(policy(), name);
      const client = await providers.client(provider, 'device');
      if (client.serverMetadata().device_authorization_endpoint === undefined)
        throw failed(`${provider.name} has no device flow`);
      const scope = provider.signIn.scopes.join(' ');
      const answer = await asked(provider, initiateDeviceAuthorization(client, { scope }));
      return {
        handle: box.seal(deviceState, {
          issuer: provider.issuer,
          code: answer.device_code,
          since: runtime.now(),
        }),
        userCode: answer.user_code,
        verificationUri: answer.verification_uri,
        verificationUriComplete: answer.verification_uri_complete ?? null,
        expiresIn: Math.min(answer.expires_in, signInWithinMs / 1000),
        interval: answer.interval ?? 5,
      };
    },

    finishDevice: async (handle) => {
      const device = box.open(deviceState, handle, deviceSchema);
      if (device === null) throw failed('it was not begun here');
      if (hasPassed(runtime, device.since, signInWithinMs)) throw failed('it took longer than ten minutes');
      const issuer = policy().identity.issuers.get(device.issuer);
      const provider = providerNamed(policy(), issuer?.name ?? '');
      const client = await providers.client(provider, 'device');
      const tokens = await asked(
        provider,
        genericGrantRequest(client, deviceGrant, { device_code: device.code }),
      );
      return { ...personOf(provider, tokens), proof: `device ${device.code}` };
    },
  };
}

/** What an identity provider calls an error; anything else it may say is not repeated. */
const errorForm = /^[a-z_]{1,60}$/;

function failure(provider: Provider, thrown: unknown, log: Log): CountersignError {
  const said =
    thrown instanceof AuthorizationResponseError || thrown instanceof ResponseBodyError ? thrown.error : '';
  if (said === 'authorization_pending' || said === 'slow_down')
    return new CountersignError('sign_in_pending');
  log.warn({ issuer: provider.name, err: faultForLog(thrown) }, 'a sign-in failed');
  const what = errorForm.test(said)
    ? `${provider.name} says ${said}`
    : `what ${provider.name} answered can't be taken`;
  return new CountersignError('sign_in_failed', { what }, { cause: thrown });
}

function personOf(
  provider: Provider,
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
): Pick<SignedInPerson, 'account' | 'groups'> {
  const claims = tokens.claims();
  const refused = (what: string) => new CountersignError('sign_in_failed', { what });
  if (claims === undefined) throw refused(`${provider.name} sent no ID token`);
  const subject = subjectOf(claims as unknown as Claims);
  if (subject === null) throw refused('the ID token has no subject of the usual form');
  const { groups, problem } = groupsAt(claims as unknown as Claims, provider.signIn.groups);
  if (groups === undefined) throw refused(problem);
  return { account: accountOf(provider, subject), groups };
}
