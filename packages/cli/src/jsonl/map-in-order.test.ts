import { describe, expect, test } from '@jest/globals';
import { mapInOrder } from './map-in-order.ts';

async function* upTo(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

describe('items are worked on a few at a time', () => {
  test('and their results come in the order of the items', async () => {
    const work = async (item: number) => {
      await turns((50 - item) * 3);
      return item;
    };
    const items = Array.from({ length: 50 }, (_, item) => item);
    for (const limit of [1, 2, 8, 100])
      expect(await collect(mapInOrder(upTo(50), limit, work))).toEqual(items);
  });

  test('never more of them than the limit', async () => {
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++now);
      await turns(20);
      now--;
    };
    await collect(mapInOrder(upTo(40), 4, work));
    expect(most).toBe(4);
  });

  test('a result does not wait for an item that is long in coming', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(): AsyncGenerator<string> {
      yield 'first';
      await held;
      yield 'second';
    }
    const results = mapInOrder(slow(), 8, async (item) => `${item} done`);
    expect((await results.next()).value).toBe('first done');
    release();
    expect((await results.next()).value).toBe('second done');
    expect((await results.next()).done).toBe(true);
  });

  test('nothing more is read while the reader of the results is behind', async () => {
    let read = 0;
    async function* source(): AsyncGenerator<number> {
      for (;;) yield read++;
    }
    const results = mapInOrder(source(), 3, async (item) => item);
    await results.next();
    await turns(200);
    expect(read).toBeLessThanOrEqual(4);
    await results.return(undefined);
  });

  test('an error of the source ends the results with it', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('the pipe broke');
    }
    await expect(collect(mapInOrder(broken(), 2, async (item) => item))).rejects.toThrow('the pipe broke');
  });
});
