/** The agent's routes for its parked runs. Each checks that the run is the caller's own, for the same person. */
import {
  finishedSchema,
  finishRequestSchema,
  leaseRequestSchema,
  parkedRunIdSchema,
  parkedRunListSchema,
  parkedRunViewSchema,
  parkRequestSchema,
  principalViewSchema,
  unparkedSchema,
} from '@countersign/core';
import { z } from 'zod';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

const idParams = z.strictObject({ id: parkedRunIdSchema });

/** A state of 4 MiB in base64, and its header. Bytes. */
const parkBodyBytes = 6 * 1024 * 1024;

export function runRoutes({ parkedRuns }: Parts): readonly Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/runs',
      actor: 'agent',
      summary: 'Parks a run: keeps its state, as the application encrypted it. With a lease, parks it again.',
      body: parkRequestSchema,
      bodyBytes: parkBodyBytes,
      answer: parkedRunViewSchema,
      handle: ({ principal, body }) => parkedRuns.park(principal, body),
    }),
    route({
      method: 'GET',
      url: '/v1/runs',
      actor: 'agent',
      summary: 'Lists one’s own parked runs, the oldest first, and how many of their calls are not decided.',
      answer: parkedRunListSchema,
      handle: async ({ principal }) => ({ runs: [...(await parkedRuns.list(principal))] }),
    }),
    route({
      method: 'POST',
      url: '/v1/runs/:id/unpark',
      actor: 'agent',
      summary: 'Takes a parked run for 15 minutes, and answers its state.',
      params: idParams,
      body: leaseRequestSchema,
      answer: unparkedSchema,
      handle: ({ principal, params, body }) => parkedRuns.unpark(principal, params.id, body.lease),
    }),
    route({
      method: 'POST',
      url: '/v1/runs/:id/renew',
      actor: 'agent',
      summary: 'Keeps a taken run for another 15 minutes.',
      params: idParams,
      body: leaseRequestSchema,
      answer: parkedRunViewSchema,
      handle: ({ principal, params, body }) => parkedRuns.renew(principal, params.id, body.lease),
    }),
    route({
      method: 'POST',
      url: '/v1/runs/:id/release',
      actor: 'agent',
      summary: 'Gives a taken run back as it was.',
      params: idParams,
      body: leaseRequestSchema,
      answer: parkedRunViewSchema,
      handle: ({ principal, params, body }) => parkedRuns.release(principal, params.id, body.lease),
    }),
    route({
      method: 'POST',
      url: '/v1/runs/:id/finish',
      actor: 'agent',
      summary: 'Erases a parked run that is done or given up.',
      params: idParams,
      body: finishRequestSchema,
      answer: finishedSchema,
      handle: async ({ principal, params, body }) => {
        await parkedRuns.finish(principal, params.id, body);
        return { id: params.id, finished: true as const };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/principal',
      actor: 'agent',
      summary: 'Tells who the token’s holder is.',
      answer: principalViewSchema,
      handle: async ({ principal }) => ({ id: principal.id, on_behalf_of: principal.onBehalfOf }),
    }),
  ];
}
