import { expect, test } from '@jest/globals';
import { callStates, isFinished, isNotExecuted } from './call.ts';

test('a call is finished where no move leads on, and not executed where it was never claimed', () => {
  expect(callStates.filter(isFinished)).toEqual([
    'denied',
    'rejected',
    'expired',
    'cancelled',
    'succeeded',
    'failed',
    'unknown',
  ]);
  expect(callStates.filter((state) => !isNotExecuted(state))).toEqual([
    'claimed',
    'succeeded',
    'failed',
    'unknown',
  ]);
});
