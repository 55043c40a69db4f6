/** Works on a stream's items a few at a time, and yields what came of them in the order of the items. */

/**
 * At most `limit` items are being worked on at once. A result is yielded as soon as it and all before it are there,
 * also while the next item is long in coming; nothing more is read while the reader of the results is behind.
 *
 * @param work Must not reject: what goes wrong with an item is its result.
 */
export async function* mapInOrder<Item, Outcome>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const source = items[Symbol.asyncIterator]();
  const working: Promise<Outcome>[] = [];
  let reading: Promise<IteratorResult<Item>> | null = null;
  let ended = false;
  try {
    while (!ended || working.length > 0) {
      const [oldest] = working;
      if (!ended && working.length < limit) reading ??= source.next();
      if (oldest !== undefined && (reading === null || (await first(oldest, reading)) === 'oldest')) {
        void working.shift();
        yield await oldest;
      } else if (reading !== null) {
        const read = await reading;
        reading = null;
        if (read.done === true) ended = true;
        else working.push(work(read.value));
      }
    }
  } finally {
    // A read under way can't be called off, and the source would only close after it.
    if (reading === null) await source.return?.();
  }
}

/** Which of the two is there first; the oldest result where both are. */
async function first(oldest: Promise<unknown>, reading: Promise<unknown>): Promise<'oldest' | 'reading'> {
  return await Promise.race([oldest.then(() => 'oldest' as const), reading.then(() => 'reading' as const)]);
}
