/** The lines of `lines.jsonl`: what each would do, told without kubectl and without a cluster. */
import { effectInShort } from '@countersign/core';
import { openExplainer } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { afterAll, describe, expect, test } from '@jest/globals';
import { here, inputOf, type Line, lines, principal } from './line.ts';

const groups = Map.groupBy(lines, ({ group }) => group);
const file = parsePolicyFile(here('policy.yaml'), {
  file: 'policy.yaml',
  env: {},
  directory: import.meta.dirname,
});
const explainer = openExplainer(file);
afterAll(() => explainer.close());
const { signal } = new AbortController();

const judged = async (line: Line) => {
  const call = { connection: 'prod-cluster', input: inputOf(line) };
  const { decision, code, effects } = await explainer.explain(principal, call, signal);
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
