/** The routes of those who look at approvals, vote on them and comment. */
import {
  approvalIdSchema,
  approvalListSchema,
  approvalsQuerySchema,
  approvalViewSchema,
  commentRequestSchema,
  streamQuerySchema,
  voteRequestSchema,
} from '@countersign/core';
import { z } from 'zod';
import type { Happened } from '../calls/happened.ts';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

const eventStream = 'text/event-stream';
/** For caches, and for proxies that would gather a stream before they pass it on. */
const unbuffered = Object.freeze({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });

/** What ends an agent's wait. */
const toldToAgents: ReadonlySet<string> = new Set(['decided', 'expired', 'cancelled']);

const idParams = z.strictObject({ id: approvalIdSchema });

/** Where a stream goes on: as a browser says it, or as a query does; at the beginning of what comes where nobody does. */
const lastSeen = (header: string | string[] | undefined, query: number | undefined): number | undefined => {
  const given = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
  return given ?? query;
};

export function approvalRoutes({ calls, streams }: Parts): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/approvals/events',
      actor: 'viewer',
      summary:
        'Tells changes of approvals and stops as they happen, and since `Last-Event-ID`, as server-sent events.',
      query: streamQuerySchema,
      answer: null,
      stream: eventStream,
      handle: async ({ principal, viewer, query, stillLetIn, reply }) => {
        const after = lastSeen(reply.request.headers['last-event-id'], query.after);
        const sees = ({ change, approval }: Happened) =>
          approval === null || calls.mayLook(viewer, approval) ? change : null;
        const stream = await streams.open({ principal, stillLetIn, after, sees });
        return reply.headers(unbuffered).type(eventStream).send(stream);
      },
    }),
    route({
      method: 'GET',
      url: '/v1/calls/events',
      actor: 'agent',
      summary: 'Tells what people decide of one’s own calls, as it happens, and since `Last-Event-ID`.',
      query: streamQuerySchema,
      answer: null,
      stream: eventStream,
      handle: async ({ principal, query, stillLetIn, reply }) => {
        const after = lastSeen(reply.request.headers['last-event-id'], query.after);
        const { id, onBehalfOf } = principal;
        const sees = ({ change, approval }: Happened) =>
          approval !== null &&
          approval.principal === id &&
          approval.on_behalf_of === onBehalfOf &&
          toldToAgents.has(change.type)
            ? change
            : null;
        const stream = await streams.open({ principal, stillLetIn, after, sees });
        return reply.headers(unbuffered).type(eventStream).send(stream);
      },
    }),
    route({
      method: 'GET',
      url: '/v1/approvals',
      actor: 'viewer',
      summary: 'Lists what waits: first what the one who looks was asked about, the oldest first.',
      query: approvalsQuerySchema,
      answer: approvalListSchema,
      handle: ({ viewer, query }) => calls.approvals(viewer, query),
    }),
    route({
      method: 'GET',
      url: '/v1/approvals/:id',
      actor: 'viewer',
      summary: 'Reads one approval: the card, the votes, the comments, whether you may vote.',
      params: idParams,
      answer: approvalViewSchema,
      handle: ({ viewer, params }) => calls.approval(viewer, params.id),
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
