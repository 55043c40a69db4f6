import { CountersignError } from '@countersign/core';
import { expect, test } from '@jest/globals';
import type { Connected } from './room.ts';
import { tellReach } from './tell-reach.ts';

const connected = (name: string) => ({ config: { name } }) as Connected;
const lost = (what: string) => new CountersignError('target_unavailable', { what });

test('a target that is away is said once, and once that it is back', () => {
  const lines: unknown[] = [];
  const log = { warn: (fields: object, message: string) => void lines.push([fields, message]) };
  const [shop, billing] = [connected('shop-db'), connected('billing-api')];

  tellReach(log, shop, 'reached');
  tellReach(log, shop, new CountersignError('parse_failed'));
  tellReach(log, shop, 'timed_out');
  expect(lines).toEqual([]);
  for (let n = 0; n < 3; n++) tellReach(log, shop, lost('ECONNREFUSED'));
  tellReach(log, shop, 'target_unavailable');
  tellReach(log, billing, lost('no way to postgres://root:hunter2@db'));
  const away = 'the target of a connection can’t be reached; calls on it are denied until it is back';
  expect(lines.splice(0)).toEqual([
    [{ connection: 'shop-db', code: 'target_unavailable', why: 'ECONNREFUSED' }, away],
    [{ connection: 'billing-api', code: 'target_unavailable' }, away],
  ]);
  for (let n = 0; n < 3; n++) tellReach(log, shop, 'reached');
  expect(lines.splice(0)).toEqual([[{ connection: 'shop-db' }, 'the target of a connection is back']]);
  tellReach(log, shop, 'target_unavailable');
  expect(lines).toHaveLength(1);
});
