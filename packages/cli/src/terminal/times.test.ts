import { describe, expect, test } from '@jest/globals';
import { parseSince } from './times.ts';

describe('a moment', () => {
  const now = new Date('2026-11-20T10:00:00.000Z');

  test.each([
    ['15m', '2026-11-20T09:45:00.000Z'],
    ['7d', '2026-11-13T10:00:00.000Z'],
    ['2026-11-19', '2026-11-19T00:00:00.000Z'],
    ['2026-11-19 08:30', '2026-11-19T08:30:00.000Z'],
    ['2026-11-19T08:30:10.5+02:00', '2026-11-19T06:30:10.500Z'],
  ])('%s', (text, at) => {
    expect(parseSince(text, now).toISOString()).toBe(at);
  });

  test.each(['', 'yesterday', '1', '1w', '2026-13-01', '2026-11-19T25:00Z', '99999999d', '20.11.2026'])(
    '%j is none',
    (text) => {
      expect(() => parseSince(text, now)).toThrow('Expected a length of time like 15m, 1h or 7d');
    },
  );
});
