/** The person's routes. */
import {
  approvalIdSchema,
  approvalListSchema,
  approvalViewSchema,
  voteRequestSchema,
} from '@countersign/core';
import { z } from 'zod';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

const idParams = z.strictObject({ id: approvalIdSchema });

export function approvalRoutes({ calls }: Parts): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/approvals',
      actor: 'person',
      summary: 'Lists what waits for people, the oldest first.',
      answer: approvalListSchema,
      handle: async ({ principal }) => ({ approvals: [...(await calls.approvals(principal))] }),
    }),
    route({
      method: 'GET',
      url: '/v1/approvals/:id',
      actor: 'person',
      summary: 'Reads one approval: the card, the votes, whether you may vote.',
      params: idParams,
      answer: approvalViewSchema,
      handle: ({ principal, params }) => calls.approval(principal, params.id),
    }),
    route({
      method: 'POST',
      url: '/v1/approvals/:id/votes',
      actor: 'person',
      summary: 'Votes, naming the digest of exactly what was shown.',
      params: idParams,
      body: voteRequestSchema,
      answer: approvalViewSchema,
      handle: ({ principal, params, body }) => calls.vote(principal, params.id, body),
    }),
  ];
}
