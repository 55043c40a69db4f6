import { expect, test } from '@jest/globals';
import { systemRuntime } from '../runtime/runtime.ts';
import { CatalogCache } from './catalog-cache.ts';

const { signal: never } = new AbortController();
const signal = () => never;

/** A cache over loads that are counted, and answered by hand. */
function counting() {
  let now = 0;
  const loads: PromiseWithResolvers<string>[] = [];
  const load = () => {
    const loading = Promise.withResolvers<string>();
    loads.push(loading);
    return loading.promise;
  };
  const cache = new CatalogCache(load, { ...systemRuntime, now: () => now });
  return { cache, loads, pass: (ms: number) => (now += ms) };
}

test('loads that overlap are one load, and its catalog is kept', async () => {
  const { cache, loads } = counting();
  const both = Promise.all([cache.current(signal), cache.refreshed(signal)]);
  loads[0]?.resolve('one');
  expect(await both).toEqual(['one', 'one']);
  expect(await cache.current(signal)).toBe('one');
  expect(loads).toHaveLength(1);
});

test('a catalog is loaded again after a minute', async () => {
  const { cache, loads, pass } = counting();
  const first = cache.current(signal);
  loads[0]?.resolve('one');
  await first;
  pass(59_999);
  expect(await cache.current(signal)).toBe('one');
  pass(1);
  const second = cache.current(signal);
  loads[1]?.resolve('two');
  expect(await second).toBe('two');
});

test('what was being loaded when the schema changed is not kept', async () => {
  const { cache, loads } = counting();
  const old = cache.current(signal);
  cache.forget();
  const fresh = cache.current(signal);
  loads[0]?.resolve('old');
  loads[1]?.resolve('new');
  expect([await old, await fresh, await cache.current(signal)]).toEqual(['old', 'new', 'new']);
  expect(loads).toHaveLength(2);
});

test('a load that fails is not kept: the next need tries again', async () => {
  const { cache, loads } = counting();
  const failing = cache.current(signal);
  loads[0]?.reject(new Error('down'));
  await expect(failing).rejects.toThrow('down');
  const next = cache.current(signal);
  loads[1]?.resolve('up');
  expect(await next).toBe('up');
});

test('one caller’s stop does not end the load of the others', async () => {
  const { cache, loads } = counting();
  const stop = new AbortController();
  const stopped = cache.current(() => stop.signal);
  const other = cache.current(signal);
  stop.abort(new Error('enough'));
  await expect(stopped).rejects.toThrow('enough');
  loads[0]?.resolve('one');
  expect(await other).toBe('one');
});
