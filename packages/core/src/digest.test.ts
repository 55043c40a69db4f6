import { describe, expect, test } from '@jest/globals';
import type { Requirement } from './decision.ts';
import { approvalDigest, type InputDigestParts, inputDigest } from './digest.ts';
import type { Effect } from './effect.ts';
import type { Json } from './json.ts';
import type { Preview } from './preview.ts';

const parts: InputDigestParts = {
  connection: 'shop-db',
  protocol: 'postgres',
  input: { sql: 'update orders\nset paid = true -- €', params: ['café', 19.99, true, null] },
  principal: 'agent:support',
  onBehalfOf: 'dana',
  run: 'run-7',
  tool: 'shop_db_query',
  call: 'call_1',
};

const effects: readonly Effect[] = [{ action: 'write', resource: 'table:public.orders', columns: ['paid'] }];
const requirement: Requirement = {
  asks: [{ approvers: ['dba'], votes: 2, reason: false, rules: ['writes need a dba'] }],
  voteWithinMs: 3_600_000,
  startWithinMs: 600_000,
};
const preview: Preview = {
  version: 1,
  connection: 'shop-db',
  protocol: 'postgres',
  input: [{ label: 'statement', text: 'update orders set paid = true' }],
  effects: [...effects],
  words: ['changes rows of public.orders'],
  impact: { count: 3, unit: 'rows', how: 'estimate', why: null },
  principal: 'agent:support',
  owner: 'dana',
  onBehalfOf: null,
  run: 'run-7',
  purpose: null,
  notes: [],
};
const approval = () => approvalDigest({ input: inputDigest(parts), effects, preview, requirement });

/**
 * The constants were made by a few lines of Python, not by this code: hashlib.sha256 over the prefix, a newline, and the
 * canonical JSON written out by hand, keys sorted and without blanks.
 */
describe('golden vectors', () => {
  test('of an input', () => {
    expect(inputDigest(parts)).toBe('a8e92de89ccd14a3e353ea5932ab2e774ffedc603df88084b9c6e0b854581150');
    expect(
      inputDigest({
        connection: 'billing-api',
        protocol: 'http',
        input: { method: 'GET', path: '/v1/x' },
        principal: 'service:nightly',
        onBehalfOf: null,
        run: 'r',
        tool: 't',
        call: 'c',
      }),
    ).toBe('ec5ee0dcf020beca466199f1c34a5e3ce81e9e1cba8ca0e62f89d5d5e6e2ab11');
  });

  test('of an approval', () => {
    expect(approval()).toBe('4740f170d446ef74173aafdfa866136ecb12bae90726dd6fa9218bf7b1e3f556');
  });
});

const withInput = (input: Json) => inputDigest({ ...parts, input });

describe('never 12: two different calls never have one digest', () => {
  test('every part counts', () => {
    const others: Partial<InputDigestParts>[] = [
      { connection: 'other-db' },
      { protocol: 'http' },
      { input: {} },
      { principal: 'agent:other' },
      { onBehalfOf: null },
      { run: 'run-8' },
      { tool: 'other' },
      { call: 'call_2' },
    ];
    const digests = [parts, ...others.map((other) => ({ ...parts, ...other }))].map(inputDigest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('text does not move from one field to the next, not even with a newline', () => {
    const a = inputDigest({ ...parts, run: 'a\nb', tool: 'c' });
    const b = inputDigest({ ...parts, run: 'a', tool: 'b\nc' });
    const c = inputDigest({ ...parts, run: 'a","tool":"b', tool: 'c' });
    expect(new Set([a, b, c]).size).toBe(3);
    expect(withInput({ sql: 'a\nb' })).not.toBe(withInput({ sql: 'a\\nb' }));
    expect(inputDigest({ ...parts, onBehalfOf: 'null' })).not.toBe(
      inputDigest({ ...parts, onBehalfOf: null }),
    );
  });

  test('key order does not matter, the order of a list does', () => {
    expect(withInput({ a: 1, b: 2 })).toBe(withInput({ b: 2, a: 1 }));
    expect(withInput({ params: [1, 2] })).not.toBe(withInput({ params: [2, 1] }));
  });

  test('unicode is not normalised', () => {
    expect(withInput({ sql: 'caf\u00e9' })).not.toBe(withInput({ sql: 'cafe\u0301' }));
    expect(withInput({ sql: '\u212b' })).not.toBe(withInput({ sql: '\u00c5' }));
    expect(withInput({ sql: 'a' })).not.toBe(withInput({ sql: 'a\u200b' }));
  });

  test('a number, its text, and null are three', () => {
    const digests = [1, '1', null, true, 'null', '', 1.5, [1]].map((value) => withInput({ params: [value] }));
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('an input digest is no approval digest, whatever it is made of', () => {
    expect(approval()).not.toBe(inputDigest(parts));
    expect(approval()).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('never 22: an approval is for exactly what was shown', () => {
  test.each([
    ['the input', { input: inputDigest({ ...parts, call: 'call_2' }) }],
    ['the effects', { effects: [...effects, { action: 'read', resource: 'table:public.x' }] as Effect[] }],
    ['the preview', { preview: { ...preview, notes: ['there is no wall'] } }],
    ['the impact', { preview: { ...preview, impact: { ...preview.impact, count: 4 } } }],
    ['the requirement', { requirement: { ...requirement, voteWithinMs: 1 } }],
  ])('%s counts', (_what, other) => {
    const base = { input: inputDigest(parts), effects, preview, requirement };
    expect(approvalDigest({ ...base, ...other })).not.toBe(approvalDigest(base));
  });
});
