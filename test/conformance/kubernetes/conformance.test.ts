/** The lines of `lines.jsonl`: what each would do, told without kubectl and without a cluster. */
import { readFileSync } from 'node:fs';
import { effectInShort, type KubectlInput, type Principal } from '@countersign/core';
import { openExplainer } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { afterAll, describe, expect, test } from '@jest/globals';

interface Line {
  readonly id: string;
  readonly group: string;
  readonly argv: string[];
  readonly stdin?: string;
  /** Under `policy.yaml`: reads are allowed, writes and commands asked for, the rest denied. */
  readonly verdict: 'allow' | 'ask' | 'deny';
  /** Of a denial. */
  readonly code?: string;
  /** In any order; absent where they can't be told. */
  readonly effects?: readonly string[];
}

const here = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const lines = here('lines.jsonl')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Line);
const groups = Map.groupBy(lines, ({ group }) => group);

const file = parsePolicyFile(here('policy.yaml'), {
  file: 'policy.yaml',
  env: {},
  directory: import.meta.dirname,
});
const explainer = openExplainer(file);
afterAll(() => explainer.close());

const principal: Principal = {
  class: 'agent',
  id: 'agent:teller',
  name: 'teller',
  groups: [],
  account: null,
  owner: null,
  onBehalfOf: null,
};
const { signal } = new AbortController();

const judged = async ({ argv, stdin }: Line) => {
  const input: KubectlInput = { argv, ...(stdin === undefined ? {} : { stdin }) };
  const { decision, code, effects } = await explainer.explain(
    principal,
    { connection: 'prod-cluster', input },
    signal,
  );
  return { decision, code, effects: effects.map(effectInShort).toSorted() };
};

test('there are more than six hundred lines, and each has an id of its own', () => {
  expect(lines.length).toBeGreaterThan(600);
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
});

describe('never 45: is judged as kubectl would read it: ', () => {
  test.each([...groups])('%s', async (_, members) => {
    for (const line of members) {
      const { id, verdict, code = verdict === 'allow' ? 'allowed' : 'needs_approval', effects = [] } = line;
      expect({ id, ...(await judged(line)) }).toEqual({
        id,
        decision: verdict,
        code,
        effects: effects.toSorted(),
      });
    }
  });
});
