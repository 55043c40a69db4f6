/**
 * The requests of `requests.jsonl`: how each is judged, and what of it reached a server, by the server's own log. A line
 * names a connection where it is another than the plain one: `documented` has an OpenAPI document, `below` a path in its
 * `base_url`, `tricky` changes things by GET, `speaks` names its GraphQL.
 */
import { readFileSync } from 'node:fs';
import type { Effect, HttpInput } from '@countersign/core';
import { type Engine, type Explainer, openEngine, openExplainer } from '@countersign/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credential, load, policy } from '../../http/road.ts';
import { startTarget, type TargetServer } from '../../http/target.ts';

interface Request {
  readonly id: string;
  readonly group: string;
  readonly connection?: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: [string, string][];
  readonly body?: string;
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly code?: string;
  /** The only one. */
  readonly effect?: Effect;
  readonly effects?: readonly Effect[];
}

const connection = (name: string, keys: string, path = '') => `
  ${name}:
    protocol: http
    base_url: "\${TARGET_URL}${path}"
    allow_addresses: [127.0.0.0/8]
    throwaway: true
    auth: { bearer: "\${TOKEN}" }
    ${keys}`;
const text = policy().replace(
  '\nrules:',
  `${connection('documented', 'openapi: api.yaml')}${connection('below', '', '/api/v2')}${connection('tricky', 'get_is_read: false')}${connection('speaks', 'graphql: [/api/graph]')}
rules:`,
);
const file = (target: string) => load(text, target, {}, import.meta.dirname);

const requests = readFileSync(new URL('requests.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Request);
const groups = Map.groupBy(requests, ({ group }) => group);

const inputOf = ({ method, path, headers, body }: Request): HttpInput => ({
  method,
  path,
  ...(headers === undefined ? {} : { headers }),
  ...(body === undefined ? {} : { body }),
});
const principal = {
  class: 'agent',
  id: 'agent:teller',
  name: 'teller',
  groups: ['agents'],
  account: null,
  owner: null,
  onBehalfOf: null,
} as const;
const call = (request: Request) => ({
  connection: request.connection ?? 'billing-api',
  input: inputOf(request),
});
const { signal } = new AbortController();

/** What is refused before it is judged is a denial with that code. */
const judged = async <T extends { decision: string; code: string }>(judging: Promise<T>) =>
  judging.catch((thrown: { code: string }) => ({
    decision: 'deny',
    code: thrown.code,
    effects: [] as Effect[],
  }));

test('there are more than five hundred requests, and each has an id of its own', () => {
  expect(requests.length).toBeGreaterThan(500);
  expect(new Set(requests.map(({ id }) => id)).size).toBe(requests.length);
});

describe('is judged as a person said, without a server and without a look-up: ', () => {
  let explainer: Explainer;
  beforeAll(() => {
    explainer = openExplainer(file('http://api.invalid'));
  });
  afterAll(() => explainer.close());
  test.each([...groups])('%s', async (_, members) => {
    for (const request of members) {
      const { decision, code, effects } = await judged(explainer.explain(principal, call(request), signal));
      expect({ id: request.id, decision, ...(request.code === undefined ? {} : { code }) }).toEqual({
        id: request.id,
        decision: request.verdict,
        ...(request.code === undefined ? {} : { code: request.code }),
      });
      const said = request.effects ?? (request.effect === undefined ? undefined : [request.effect]);
      if (said !== undefined) expect([request.id, effects]).toEqual([request.id, said]);
    }
  });
});

describe('never 43, 44: reaches the server as it was written, or not at all: ', () => {
  let target: TargetServer;
  let engine: Engine;
  beforeAll(async () => {
    target = await startTarget();
    engine = await openEngine({ file: file(target.url), store: 'memory' });
  }, 60_000);
  afterAll(async () => {
    await engine.close();
    await target.close();
  });
  test.each([...groups])(
    '%s',
    async (_, members) => {
      for (const request of members) {
        await judged(engine.run(principal, call(request), signal));
        const arrived = target.taken();
        if (request.verdict !== 'allow') {
          expect([request.id, arrived]).toEqual([request.id, []]);
          continue;
        }
        expect([request.id, arrived.length]).toEqual([request.id, 1]);
        const { method, url, body, headers, rawHeaders } = arrived[0] as (typeof arrived)[number];
        expect([request.id, method, url, body]).toEqual([
          request.id,
          request.method,
          (request.connection === 'below' ? '/api/v2' : '') + request.path,
          request.body ?? '',
        ]);
        const names = rawHeaders.filter((__, index) => index % 2 === 0).map((name) => name.toLowerCase());
        expect([request.id, new Set(names).size]).toEqual([request.id, names.length]);
        expect(headers.authorization).toBe(`Bearer ${credential}`);
        expect(headers.host).toBe(new URL(target.url).host);
      }
    },
    60_000,
  );
});
