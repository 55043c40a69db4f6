/** For load balancers and the command line beside the gateway: is it there, is it ready. */
import { CountersignError } from '@countersign/core';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import type { Parts } from './parts.ts';
import { type Route, route } from './route.ts';

const status = z.strictObject({ status: z.literal('ok') });

export function healthRoutes({ ready }: Parts, others: () => readonly Route[]): readonly Route[] {
  return [
    route({
      method: 'GET',
      url: '/healthz',
      actor: 'public',
      summary: 'Answers while the process lives.',
      answer: status,
      handle: async () => ({ status: 'ok' as const }),
    }),
    route({
      method: 'GET',
      url: '/readyz',
      actor: 'public',
      summary: 'Answers with 200 while the store does, and the gateway is not shutting down.',
      answer: status,
      handle: async () => {
        try {
          await ready();
        } catch (cause) {
          throw cause instanceof CountersignError
            ? cause
            : new CountersignError('unavailable', {}, { cause });
        }
        return { status: 'ok' as const };
      },
    }),
    route({
      method: 'GET',
      url: '/v1/openapi.json',
      actor: 'public',
      summary: 'This document.',
      answer: z.record(z.string(), z.unknown()),
      handle: async () => openApiDocument(others()),
    }),
  ];
}
