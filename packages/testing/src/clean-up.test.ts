import { expect, test } from '@jest/globals';
import { CleanUp } from './clean-up.ts';

test('every step is taken once, the latest first, and the first failure is told', async () => {
  const taken: string[] = [];
  const cleanUp = new CleanUp();
  const step = (name: string, error?: Error) => () => {
    taken.push(name);
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  cleanUp.defer(step('database', new Error('second')));
  cleanUp.defer(step('gateway', new Error('first')));
  cleanUp.defer(step('client'));
  await expect(cleanUp.run()).rejects.toThrow('first');
  await cleanUp.run();
  expect(taken).toEqual(['client', 'gateway', 'database']);
});
