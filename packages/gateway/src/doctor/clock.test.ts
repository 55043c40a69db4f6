import { expect, test } from '@jest/globals';
import { compareClocks } from './clock.ts';

test.each([
  [{ theirs: 1000, before: 1000, after: 1000 }, 'ok', 'agree to within two seconds'],
  [
    { theirs: 2999, before: 5000, after: 5000 },
    'warning',
    'the clock of x is 2 seconds behind this machine’s',
  ],
  [
    { theirs: 65_000, before: 4000, after: 5000 },
    'warning',
    'the clock of x is 60 seconds ahead of this machine’s',
  ],
  [{ theirs: 5000, before: 1000, after: 9000 }, 'ok', 'agree'],
])('%j', (reading, verdict, what) => {
  expect(compareClocks('x', reading)).toMatchObject({ verdict, what: expect.stringContaining(what) });
});
