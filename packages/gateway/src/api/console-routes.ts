/**
 * The console: pages that people's browsers load from the gateway itself. They are static files; who may see or do what
 * is decided by the routes that they call.
 */
import { CountersignError } from '@countersign/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type Route, route } from './route.ts';

/** A file of the console. */
export interface PageFile {
  /** Its media type, as in `text/css; charset=utf-8`. */
  readonly type: string;
  readonly body: Buffer;
  /** Whether its name changes with its content. */
  readonly immutable: boolean;
}

/** The files of the console, by path; `index.html` is the page. */
export type PageFiles = () => Promise<ReadonlyMap<string, PageFile>>;

/** Nothing inline, nothing from elsewhere, in no frame; and no text becomes markup. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const headers = Object.freeze({
  'content-security-policy': contentPolicy,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
});

export function consoleRoutes(files: PageFiles): readonly Route[] {
  const page = async (reply: FastifyReply, path: string) => {
    const all = await files();
    // Every address below the console is the one page, which finds out by itself where it is.
    const file = all.get(path) ?? (path.startsWith('assets/') ? undefined : all.get('index.html'));
    if (file === undefined) throw new CountersignError('not_found', { what: 'no such file' });
    return reply
      .headers({
        ...headers,
        'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      })
      .type(file.type)
      .send(file.body);
  };
  return [
    route({
      method: 'GET',
      url: '/',
      actor: 'public',
      summary: 'Leads to the console.',
      answer: null,
      stream: 'text/html',
      handle: async ({ reply }) => reply.redirect('/console', 302),
    }),
    route({
      method: 'GET',
      url: '/console',
      actor: 'public',
      summary: 'The console.',
      query: z.record(z.string(), z.unknown()),
      answer: null,
      stream: 'text/html',
      handle: ({ reply }) => page(reply, 'index.html'),
    }),
    route({
      method: 'GET',
      url: '/console/*',
      actor: 'public',
      summary: 'The pages of the console, and what they are made of.',
      params: z.strictObject({ '*': z.string().max(500) }),
      query: z.record(z.string(), z.unknown()),
      answer: null,
      stream: 'text/html',
      handle: ({ reply, params }) => page(reply, params['*']),
    }),
  ];
}
