import { expect, test } from '@jest/globals';
import { type MaskPlan, maskNames, noMasks } from './mask.ts';

test('masks are named once each, in order', () => {
  const plan: MaskPlan = {
    columns: [
      null,
      { with: 'redact', columns: ['column:public.b.x', 'column:public.a.x'], domain: 'd', nulls: 'shown' },
      { with: 'redact', columns: ['column:public.a.x'], domain: 'd', nulls: 'shown' },
    ],
    detectors: [{ with: 'partial', detect: ['email'], names: ['email'], domain: 'd' }],
    paths: [{ with: 'hash', paths: ['$.a', '$..b'], domain: 'd' }],
    showErrors: false,
  };
  expect(maskNames(plan)).toEqual([
    'hash json:$..b',
    'hash json:$.a',
    'partial detect:email',
    'redact column:public.a.x',
    'redact column:public.b.x',
  ]);
  expect(maskNames(noMasks)).toEqual([]);
});
