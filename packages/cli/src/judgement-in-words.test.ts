import { expect, test } from '@jest/globals';
import type { Judgement } from './judge.ts';
import { judgementInWords } from './judgement-in-words.ts';

const told = (judgement: Judgement) => judgementInWords(judgement, { paint: (_, text) => text, width: 200 });

test('a denial says why to people, and apart from that what the model reads', () => {
  const reason =
    'NOT EXECUTED (denied_by_rule). A rule forbids this. Trying the same call again will not help.';
  expect(
    told({
      decision: 'deny',
      code: 'denied_by_rule',
      reason,
      detail: 'schema.drop table:public.orders by "no schema"',
      effects: [{ action: 'schema.drop', resource: 'table:public.orders' }],
      rules: ['no schema'],
      masks: ['redact detect:email'],
    }),
  ).toEqual([
    'deny  denied_by_rule',
    'why        A rule forbids this: schema.drop table:public.orders by "no schema".',
    'effects    drops table public.orders',
    'rules      no schema',
    `the model  reads: ${reason}`,
  ]);
});

test.each([
  ['allow', 'allowed', 'read table:t by "reads"', 'Rules allow it: read table:t by "reads".'],
  ['ask', 'needs_approval', 'write table:t by "w"', 'A person has to approve it: write table:t by "w".'],
  ['deny', 'no_rule', 'no rule covers read table:t', 'no rule covers read table:t'],
  ['deny', 'parse_failed', 'parse_failed: It is no SQL: x.', 'It is no SQL: x.'],
  ['deny', 'stopped', undefined, 'what the model reads'],
] as const)('%s %s says why in words', (decision, code, detail, why) => {
  const judgement = { decision, code, reason: 'what the model reads' };
  expect(told(detail === undefined ? judgement : { ...judgement, detail })[1]).toBe(`why        ${why}`);
});
