/** The agent's routes. Each checks that the call is the caller's own. */
import {
  type CallId,
  callIdSchema,
  callInputSchema,
  callViewSchema,
  connectionListSchema,
  executeRequestSchema,
  executeViewSchema,
  explainViewSchema,
  nameSchema,
  submitRequestSchema,
  waitQuerySchema,
} from '@countersign/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { faultForLog } from '../runtime/fault-for-log.ts';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';
import { RowLines } from './row-lines.ts';

const idParams = z.strictObject({ id: callIdSchema });

/** Milliseconds that judging a call may take. It goes on when the client goes away: the call is then known when it asks again. */
const judgeWithinMs = 30_000;

export function callRoutes({ calls, connections, log }: Parts): readonly Route[] {
  /** The result of a write is known to have arrived once its last byte has left. */
  const markWhenSent = (reply: FastifyReply, id: CallId) =>
    reply.raw.once('finish', () => {
      calls
        .fetched(id)
        .catch((fault: unknown) => log.warn({ call: id, err: faultForLog(fault) }, 'not marked as fetched'));
    });
  return [
    route({
      method: 'POST',
      url: '/v1/calls',
      actor: 'agent',
      summary:
        'Submits a call: it is allowed, denied, or waits for people. A known call comes back unchanged.',
      body: submitRequestSchema,
      answer: callViewSchema,
      handle: ({ principal, body }) => calls.submit(principal, body, AbortSignal.timeout(judgeWithinMs)),
    }),
    route({
      method: 'GET',
      url: '/v1/calls/:id',
      actor: 'agent',
      summary: 'Reads a call; with `wait`, as soon as it is decided or after so many seconds.',
      params: idParams,
      query: waitQuerySchema,
      answer: callViewSchema,
      handle: ({ principal, params, query, gone }) =>
        calls.get(principal, params.id, query.wait * 1000, gone()),
    }),
    route({
      method: 'POST',
      url: '/v1/calls/:id/execute',
      actor: 'agent',
      summary: 'Runs a decided call, once; asked again, answers with what happened.',
      params: idParams,
      body: executeRequestSchema,
      answer: executeViewSchema,
      handle: async ({ principal, params, body, reply }) => {
        const { view, writes } = await calls.execute(
          principal,
          params.id,
          body.input_digest,
          AbortSignal.timeout(judgeWithinMs),
        );
        if (writes && view.outcome === 'succeeded') markWhenSent(reply, params.id);
        return view;
      },
    }),
    route({
      method: 'POST',
      url: '/v1/calls/:id/rows',
      actor: 'agent',
      summary:
        'Runs a decided call, once, and streams the rows of a read as lines of JSON: its columns, each row, and last what `execute` answers. They are not kept.',
      params: idParams,
      body: executeRequestSchema,
      answer: null,
      handle: async ({ principal, params, body, reply }) => {
        const lines = new RowLines();
        const signal = AbortSignal.timeout(judgeWithinMs);
        const done = calls
          .execute(principal, params.id, body.input_digest, signal, lines)
          .then((executed) => {
            if (executed.writes && executed.view.outcome === 'succeeded') markWhenSent(reply, params.id);
            lines.end(executed.view);
          });
        done.catch((fault: unknown) => lines.fail(fault));
        // Until the first line there is a status to say no with.
        await Promise.race([lines.begun, done]);
        return reply.type('application/x-ndjson').send(lines.stream);
      },
    }),
    route({
      method: 'POST',
      url: '/v1/calls/:id/cancel',
      actor: 'agent',
      summary: 'Cancels a call: one that has not started ends, one that runs is ended at the target.',
      params: idParams,
      answer: callViewSchema,
      handle: ({ principal, params }) => calls.cancel(principal, params.id),
    }),
    route({
      method: 'GET',
      url: '/v1/connections',
      actor: 'agent',
      summary: 'Lists the connections by name and protocol.',
      answer: connectionListSchema,
      handle: async () => ({ connections: [...connections()] }),
    }),
    route({
      method: 'POST',
      url: '/v1/explain',
      actor: 'agent',
      summary: 'Tells how a call would be decided, without making one. It is recorded.',
      body: z.strictObject({ connection: nameSchema, input: callInputSchema }),
      answer: explainViewSchema,
      handle: async ({ principal, body }) => {
        const { decision, code, reason } = await calls.explain(
          principal,
          body,
          AbortSignal.timeout(judgeWithinMs),
        );
        return { decision, code, reason };
      },
    }),
  ];
}
