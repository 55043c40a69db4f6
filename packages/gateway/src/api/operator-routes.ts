/** The operator's routes: tokens, policy, stops, events, open outcomes. */
import { Readable } from 'node:stream';
import {
  callIdSchema,
  eventsQuerySchema,
  mintedSchema,
  mintRequestSchema,
  policyViewSchema,
  type StopView,
  settledSchema,
  settleRequestSchema,
  stopIdSchema,
  stopListSchema,
  stopRequestSchema,
  stopViewSchema,
  type TokenView,
  tokenIdSchema,
  tokenListSchema,
} from '@countersign/core';
import { reviewToken } from '@countersign/policy';
import { z } from 'zod';
import type { StopRow } from '../store/stops.ts';
import type { TokenRow } from '../store/tokens.ts';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

const done = z.strictObject({ done: z.literal(true) });

export function operatorRoutes(parts: Parts): readonly Route[] {
  return [...tokenRoutes(parts), ...policyRoutes(parts), ...stopRoutes(parts), ...recordRoutes(parts)];
}

function tokenRoutes({ tokens, policyNow }: Parts): readonly Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/tokens',
      actor: 'operator',
      // Who can mint tokens can become anyone: that stays with who runs the gateway.
      signedIn: false,
      summary: 'Mints a token. Its text is shown this once.',
      body: mintRequestSchema,
      answer: mintedSchema,
      status: 201,
      handle: async ({ principal, body }) => {
        const { token, row } = await tokens.mint(body, principal);
        const { name, groups, owner, on_behalf_of: onBehalfOf } = row;
        const holder = { class: row.class, name, groups, owner, onBehalfOf };
        return { token, view: tokenView(row), warnings: [...reviewToken(policyNow(), holder)] };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/tokens',
      actor: 'operator',
      summary: 'Lists tokens, the newest first.',
      answer: tokenListSchema,
      handle: async () => ({ tokens: (await tokens.list()).map(tokenView) }),
    }),
    route({
      method: 'DELETE',
      url: '/v1/tokens/:id',
      actor: 'operator',
      summary: 'Revokes a token at once.',
      params: z.strictObject({ id: tokenIdSchema }),
      answer: done,
      handle: async ({ principal, params }) => {
        await tokens.revoke(params.id, principal);
        return { done: true as const };
      },
    }),
  ];
}

function policyRoutes({ policy }: Parts): readonly Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/policy/reload',
      actor: 'operator',
      summary:
        'Reads the policy file again. An invalid one changes nothing and is answered with what is wrong.',
      answer: policyViewSchema,
      handle: async ({ principal }) => policy.reload(principal.id),
    }),
  ];
}

function stopRoutes({ calls }: Parts): readonly Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/stops',
      actor: 'operator',
      summary: 'The kill switch, for all, one principal or one connection.',
      body: stopRequestSchema,
      answer: stopViewSchema,
      status: 201,
      handle: async ({ principal, body }) => stopView((await calls.stop(principal, body)).stop),
    }),
    route({
      method: 'GET',
      url: '/v1/stops',
      actor: 'auditor',
      summary: 'Lists stops, the newest first.',
      answer: stopListSchema,
      handle: async () => ({ stops: (await calls.stops()).map(stopView) }),
    }),
    route({
      method: 'DELETE',
      url: '/v1/stops/:id',
      actor: 'operator',
      summary: 'Lifts a stop. What it cancelled stays cancelled.',
      params: z.strictObject({ id: stopIdSchema }),
      answer: done,
      handle: async ({ principal, params }) => {
        await calls.lift(principal, params.id);
        return { done: true as const };
      },
    }),
  ];
}

function recordRoutes({ calls, ledger }: Parts): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/events',
      actor: 'operator',
      summary:
        'Streams the ledger, or a part of it, as lines of JSON, the signed head last when there are no more.',
      query: eventsQuerySchema,
      answer: null,
      handle: async ({ query, reply }) => {
        const lines = ledger.export(query);
        const text = async function* () {
          for await (const line of lines) yield `${line}\n`;
        };
        return reply.type('application/x-ndjson').send(Readable.from(text()));
      },
    }),
    route({
      method: 'POST',
      url: '/v1/calls/:id/settle',
      actor: 'operator',
      summary: 'Closes a call whose outcome stayed open, after a person found it out.',
      params: z.strictObject({ id: callIdSchema }),
      body: settleRequestSchema,
      answer: settledSchema,
      handle: async ({ principal, params, body }) => {
        await calls.settle(principal, params.id, body.reason);
        return { id: params.id, settled: true as const };
      },
    }),
  ];
}

function tokenView(row: TokenRow): TokenView {
  const { id, name, owner, on_behalf_of } = row;
  return {
    id,
    class: row.class,
    name,
    groups: [...row.groups],
    owner,
    on_behalf_of,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    revoked_at: row.revoked_at?.toISOString() ?? null,
  };
}

function scopeOf({ kind, subject }: StopRow): StopView['scope'] {
  switch (kind) {
    case 'all':
      return { kind };
    case 'principal':
      return { kind, principal: subject };
    case 'connection':
      return { kind, connection: subject };
  }
}

function stopView(row: StopRow): StopView {
  const { id, reason, by } = row;
  return {
    id,
    scope: scopeOf(row),
    reason,
    by,
    created_at: row.created_at.toISOString(),
    lifted_at: row.lifted_at?.toISOString() ?? null,
  };
}
