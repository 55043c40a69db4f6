/**
 * Local tokens: `cs_CLASS_ID_SECRET`. The store keeps SHA-256 of the secret, which has 256 random bits, so that a plain
 * hash is enough. What a token proves is kept for a moment, so that a busy agent does not cost a look-up a request.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  CountersignError,
  type MintRequest,
  type Principal,
  sha256,
  type TokenId,
  tokenClasses,
  tokenIdSchema,
} from '@countersign/core';
import type { Policy } from '@countersign/policy';
import { LRUCache } from 'lru-cache';
import type { Ledger } from '../ledger/ledger.ts';
import { hasPassed } from '../runtime/has-passed.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Database } from '../store/store.ts';
import { findToken, insertToken, listTokens, revokeToken, type TokenRow } from '../store/tokens.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** How long a verified token is taken at its word: revocation at another gateway acts within this. */
const trustedForMs = 500;

const shape = new RegExp(`^cs_(${tokenClasses.join('|')})_([0-9a-km-np-z]{22})_([A-Za-z0-9_-]{43})$`);

interface Trusted {
  readonly id: TokenId;
  readonly principal: Principal;
  /** When it was verified, by the gateway's clock, and for how many milliseconds that holds. */
  readonly since: number;
  readonly forMs: number;
}

/** Tokens that the gateway mints itself. */
export interface LocalTokens extends TokenVerifier {
  /** @returns the token's text, which is shown once, and its row. */
  mint(request: MintRequest, by: Principal): Promise<{ readonly token: string; readonly row: TokenRow }>;
  list(): Promise<readonly TokenRow[]>;
  /** @throws {CountersignError} `not_found` for a token that does not exist or was revoked before. */
  revoke(id: TokenId, by: Principal): Promise<void>;
  /** Looks every token up again. */
  forget(): void;
}

export function localTokens(
  db: Database,
  ledger: Ledger,
  runtime: Runtime,
  policy: () => Policy,
): LocalTokens {
  const trusted = new LRUCache<string, Trusted>({ max: 10_000 });

  return {
    verify: async (token) => {
      const parts = shape.exec(token);
      if (parts === null) return null;
      const key = sha256(token);
      const known = trusted.get(key);
      if (known !== undefined && !hasPassed(runtime, known.since, known.forMs)) return known.principal;
      const id = tokenIdSchema.parse(`tok_${parts[2]}`);
      const row = await findToken(db, id);
      if (row === null || !row.valid || row.class !== parts[1]) return null;
      const given = createHash('sha256')
        .update(parts[3] ?? '')
        .digest();
      if (!timingSafeEqual(given, Buffer.from(row.hash, 'hex'))) return null;
      const principal = principalOf(row);
      const since = runtime.now();
      const forMs = Math.min(trustedForMs, row.expires_at.getTime() - since);
      trusted.set(key, { id, principal, since, forMs });
      return principal;
    },
    mint: async (request, by) => {
      for (const human of [request.owner, request.on_behalf_of]) {
        if (human !== undefined && !policy().people.has(human)) {
          throw new CountersignError('malformed', {
            what: `${human} is nobody under people`,
            expected: 'the name of an entry under people',
          });
        }
      }
      const taken = [...policy().identity.issuers.values()].find(({ name }) =>
        request.name.endsWith(`@${name}`),
      );
      if (taken !== undefined) {
        throw new CountersignError('malformed', {
          what: `names that end in @${taken.name} are those of clients of an issuer`,
          expected: 'another name',
        });
      }
      const id = runtime.newId('tok');
      const secret = runtime.randomBytes(32).toString('base64url');
      const { name, groups, owner = null, on_behalf_of = null, expires_in } = request;
      const event = await ledger.event({
        type: 'token.minted',
        actor: by.id,
        data: {
          token: id,
          class: request.class,
          name,
          groups,
          owner,
          onBehalfOf: on_behalf_of,
          expiresIn: expires_in,
        },
      });
      const row = await insertToken(
        db,
        {
          id,
          class: request.class,
          name,
          groups,
          owner,
          on_behalf_of,
          hash: sha256(secret),
          created_by: by.id,
          expires_in,
        },
        event,
      );
      ledger.wake();
      return { token: `cs_${request.class}_${id.slice('tok_'.length)}_${secret}`, row };
    },
    list: () => listTokens(db),
    forget: () => trusted.clear(),
    revoke: async (id, by) => {
      const event = await ledger.event({ type: 'token.revoked', actor: by.id, data: { token: id } });
      const revoked = await revokeToken(db, id, event);
      for (const [key, entry] of trusted) if (entry.id === id) trusted.delete(key);
      if (!revoked) throw new CountersignError('not_found', { what: id });
      ledger.wake();
    },
  };
}

function principalOf(row: TokenRow): Principal {
  return Object.freeze({
    class: row.class,
    id: `${row.class}:${row.name}`,
    name: row.name,
    groups: Object.freeze([...row.groups]),
    account: row.class === 'person' ? `local:${row.name}` : null,
    owner: row.owner,
    onBehalfOf: row.on_behalf_of,
    credential: row.id,
  });
}
