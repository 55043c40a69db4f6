/** The routes of those who look on: runs, connections, the policy. Each shows what its viewer may see, and changes nothing. */
import {
  connectionDetailsSchema,
  policyViewSchema,
  runIdSchema,
  runListSchema,
  runQuerySchema,
  runsQuerySchema,
  runViewSchema,
  tryRequestSchema,
  tryViewSchema,
} from '@countersign/core';
import { z } from 'zod';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

/** Milliseconds that judging a call may take. */
const judgeWithinMs = 30_000;

export function recordRoutes({ calls, policy }: Parts): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/runs',
      actor: 'viewer',
      summary: 'Finds runs, the latest first; with `text`, by their own ids.',
      query: runsQuerySchema,
      answer: runListSchema,
      handle: ({ viewer, query }) => calls.runs(viewer, query),
    }),
    route({
      method: 'GET',
      url: '/v1/runs/:id',
      actor: 'viewer',
      summary: 'Reads a run: a page of its calls, with the votes on them and what became of them.',
      params: z.strictObject({ id: runIdSchema }),
      query: runQuerySchema,
      answer: runViewSchema,
      handle: ({ viewer, params, query }) => calls.run(viewer, params.id, query),
    }),
    route({
      method: 'GET',
      url: '/v1/connections',
      actor: 'viewer',
      summary: 'Lists the connections: whether each was reached, and which rules lead there.',
      answer: connectionDetailsSchema,
      handle: async ({ viewer }) => ({ connections: await calls.connections(viewer) }),
    }),
    route({
      method: 'GET',
      url: '/v1/policy',
      actor: 'auditor',
      summary: 'Tells which policy is in force: its text, its version, and how often each rule matched.',
      answer: policyViewSchema,
      handle: async () => policy.view(),
    }),
    route({
      method: 'POST',
      url: '/v1/policy/try',
      actor: 'auditor',
      summary: 'Tells how a call of somebody would be decided, and why, without making one. It is recorded.',
      body: tryRequestSchema,
      answer: tryViewSchema,
      handle: ({ principal, body }) => calls.try(principal, body, AbortSignal.timeout(judgeWithinMs)),
    }),
  ];
}
