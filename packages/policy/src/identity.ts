/** Who may sign in and by whose word: the `identity` of a policy. */

/** Which groups give which role. */
export interface RoleGroups {
  /** Who is in one of these may read everything, and never votes. */
  readonly auditor: readonly string[];
  /** Who is in one of these looks after connections, policy and stops. */
  readonly operator: readonly string[];
}

/** What a policy says of identity providers, roles, and the gateway's own address. */
export interface Identity {
  /** Where browsers reach the gateway; null: at its own address. */
  readonly publicUrl: string | null;
  readonly roles: RoleGroups;
}

/** No identity provider, and nobody with a role. */
export const noIdentity: Identity = Object.freeze({
  publicUrl: null,
  roles: Object.freeze({ auditor: Object.freeze([]), operator: Object.freeze([]) }),
});
