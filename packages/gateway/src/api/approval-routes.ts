/** The routes of those who look at approvals, vote on them and comment. */
import {
  approvalIdSchema,
  approvalListSchema,
  approvalsQuerySchema,
  approvalViewSchema,
  commentRequestSchema,
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
      actor: 'viewer',
      summary: 'Lists what waits: first what the one who looks was asked about, the oldest first.',
      query: approvalsQuerySchema,
      answer: approvalListSchema,
      handle: ({ principal, query }) => calls.approvals(principal, query),
    }),
    route({
      method: 'GET',
      url: '/v1/approvals/:id',
      actor: 'viewer',
      summary: 'Reads one approval: the card, the votes, the comments, whether you may vote.',
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
    route({
      method: 'POST',
      url: '/v1/approvals/:id/comments',
      actor: 'person',
      summary: 'Says something beside an approval that waits. It is not a vote.',
      params: idParams,
      body: commentRequestSchema,
      answer: approvalViewSchema,
      handle: ({ principal, params, body }) => calls.comment(principal, params.id, body),
    }),
  ];
}
