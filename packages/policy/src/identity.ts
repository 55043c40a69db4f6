/** Whose word is taken for who somebody is: the `identity` of a policy. */

/** Which groups give which role. */
export interface RoleGroups {
  /** Who is in one of these may read everything, and never votes. */
  readonly auditor: readonly string[];
  /** Who is in one of these looks after connections, policy and stops. */
  readonly operator: readonly string[];
}

/** Algorithms a signature may have: those with a public key only. */
export const tokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
/** An algorithm of a signature, with a public key. */
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** What `typ` a token may have; `none`: it has none. */
export const tokenTypes = ['at+jwt', 'JWT', 'none'] as const;
/** What `typ` a token may have. */
export type TokenType = (typeof tokenTypes)[number];

/** What the file says of one client of an identity provider. */
export interface ClientConfig {
  /** Its name here; without one: its name there, `@`, and the issuer's name here. */
  readonly name: string | null;
  /** The human who answers for it: an entry under `people`. */
  readonly owner: string | null;
}

/** How an issuer's access tokens become agents and services. */
export interface AccessTokens {
  /** What `aud` has to hold. */
  readonly audience: string;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly types: readonly TokenType[];
  /** Milliseconds by which the issuer's clock may be off. */
  readonly clockSkewMs: number;
  readonly class: 'agent' | 'service';
  /** The claim that names the client, dots leading inwards. */
  readonly client: string;
  /** The claim with its groups. */
  readonly groups: string;
  /** The claim that names its owner; null where the file says who that is. */
  readonly owner: string | null;
  /** By what the claim says. */
  readonly clients: ReadonlyMap<string, ClientConfig>;
}

/** The gateway as a client of an identity provider. Holds a credential: never logged, never in an error. */
export interface ProviderClient {
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
}

/** How people sign in at an issuer: browsers, and commands. */
export interface SignIn extends ProviderClient {
  /** The client for commands; the browsers' own, where the file names no other. */
  readonly device: ProviderClient;
  readonly scopes: readonly string[];
  /** The claim of the ID token with their groups. */
  readonly groups: string;
}

/** An identity provider. */
export interface Issuer {
  /** The key under `issuers`. */
  readonly name: string;
  /** Exactly what `iss` says. */
  readonly issuer: string;
  /** Null where its access tokens are not taken. */
  readonly tokens: AccessTokens | null;
  /** Null where nobody signs in there. */
  readonly signIn: SignIn | null;
}

/** What a policy says of identity providers, roles, and the gateway's own address. */
export interface Identity {
  /** Where browsers reach the gateway; null: at its own address. */
  readonly publicUrl: string | null;
  readonly roles: RoleGroups;
  /** By what `iss` says. */
  readonly issuers: ReadonlyMap<string, Issuer>;
}

/** No identity provider, and nobody with a role. */
export const noIdentity: Identity = Object.freeze({
  publicUrl: null,
  roles: Object.freeze({ auditor: Object.freeze([]), operator: Object.freeze([]) }),
  issuers: new Map<string, Issuer>(),
});
