/**
 * Every way to a protected value, tried three times: directly, where it shows a canary (so that it is a way at all);
 * through the gateway, where it shows none in any form; and through the gateway on a database that holds other protected
 * values, where the answer is the same to the letter.
 */

import type { RunAnswer } from '@countersign/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canaryIn, formsOf, type Heard } from './canary.ts';
import { heardOf, openRoad, type Road } from './road.ts';
import { canaryTexts } from './vault.ts';
import { showing, telling, type Way, writing } from './ways/all.ts';

const forms = formsOf(canaryTexts);
const title = ({ statements }: Way): string => statements.join('; ');
const titled = (ways: readonly Way[]) => ways.map((way) => [title(way), way] as const);
/** A way that takes parameters takes these. */
const paramsOf = ({ statements }: Way) => (statements.some((sql) => sql.includes('$1::')) ? ['x', '1'] : []);

interface Tried {
  readonly directly: Heard;
  /** On the database with the other values; only of ways that tell by a difference. */
  readonly directlyOther: Heard | null;
  readonly canary: readonly RunAnswer[];
  readonly other: readonly RunAnswer[];
  /** Where policy allows whatever it can; only of ways that show. */
  readonly open: readonly RunAnswer[];
}

/** Ways tried at once: most of the time goes in waiting for the server. */
const atOnce = 8;

let road: Road;
const tried = new Map<Way, Tried>();

beforeAll(async () => {
  road = await openRoad();
  // The catalogs are read before eight ways at once want them.
  for (const on of ['canary', 'other', 'open'] as const) await road.guarded(on, ['select 1']);
  const ways = [...showing, ...telling].values();
  const work = async () => {
    for (const way of ways) tried.set(way, await attempt(way));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}, 240_000);
afterAll(async () => await road[Symbol.asyncDispose]());

async function attempt(way: Way): Promise<Tried> {
  const { statements } = way;
  const params = paramsOf(way);
  const tells = telling.includes(way);
  // What is on one database goes on one after the other.
  const onCanary = async () => ({
    directly: await road.directly('canary', statements, params),
    canary: await road.guarded('canary', statements, params),
    open: tells ? [] : await road.guarded('open', statements, params),
  });
  const onOther = async () => ({
    directlyOther: tells ? await road.directly('other', statements, params) : null,
    other: await road.guarded('other', statements, params),
  });
  const [first, second] = await Promise.all([onCanary(), onOther()]);
  return { ...first, ...second };
}

function attemptOf(way: Way): Tried {
  const found = tried.get(way);
  if (found === undefined) throw new Error('not tried');
  return found;
}

function expectHidden({ directly, canary, other, open }: Tried): void {
  expect(canaryIn(forms, directly)).not.toBeNull();
  expect(canaryIn(forms, heardOf(canary))).toBeNull();
  expect(canaryIn(forms, heardOf(open))).toBeNull();
  expect(unordered(heardOf(canary))).toEqual(unordered(heardOf(other)));
}

/** Where rows stand that nobody asked for in an order depends on which were written when. */
const unordered = (heard: Heard): Heard => ({
  ...heard,
  rows: heard.rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
});

describe('never 38, 39 and 42: what shows a protected value directly does not show it through the gateway', () => {
  test.each(titled(showing))('%s', (_, way) => expectHidden(attemptOf(way)));
});

describe('never 38 and 40: nor by a write, nor in the place it is written to', () => {
  test.each(titled(writing))('%s', async (_, way) => {
    const done = await attempt(way);
    expectHidden(done);
    const { canary, other, open } = done;
    // What failed was rolled back.
    if (
      [...canary, ...other, ...open].some(({ outcome }) => outcome === 'succeeded' || outcome === 'unknown')
    )
      await road.reseed(way.statements);
  });
});

describe('never 39: where an answer depends on a protected value directly, through the gateway it does not', () => {
  test.each(titled(telling))('%s', (_, way) => {
    const { directly, directlyOther, canary, other } = attemptOf(way);
    expect(directlyOther).not.toBeNull();
    expect(directly).not.toEqual(directlyOther);
    expect(heardOf(canary)).toEqual(heardOf(other));
  });
});

test('a limit: how many rows a table has is told', async () => {
  const [answer] = await road.guarded('canary', ['select count(*) from people']);
  expect(answer?.result).toMatchObject({ rows: [['4']] });
});
