import { describe, expect, test } from '@jest/globals';
import { contextKey, runIdOf } from './run-id.ts';

const throughJson = (context: object) => JSON.parse(JSON.stringify(context)) as object;
const asRun = (context: unknown) => ({ context, usage: {} });

test('a run keeps its id, and another run has another', () => {
  const run = asRun({});
  expect(runIdOf(run)).toMatch(/^run_[0-9a-f-]{36}$/);
  expect(runIdOf({ ...run, context: {} })).toBe(runIdOf(run));
  expect(runIdOf(asRun({}))).not.toBe(runIdOf(run));
});

test('never 08: an id survives a context that is written down and read back', () => {
  const context = { user: 'ada' };
  const id = runIdOf(asRun(context));
  expect(context).toEqual({ user: 'ada', [contextKey]: id });
  const [first, second] = [throughJson(context), throughJson(context)];
  expect(runIdOf(asRun(first))).toBe(id);
  expect(runIdOf(asRun(second))).toBe(id);
});

test('never 08: a context object that served a run lends its id to no other', () => {
  const context = {};
  const first = asRun(context);
  const id = runIdOf(first);
  const second = runIdOf(asRun(context));
  expect(second).not.toBe(id);
  expect(runIdOf(first)).toBe(id);
  expect(context).toEqual({ [contextKey]: second });
});

class Session {
  [contextKey] = 'run_of_a_class';
}

describe('a context that is no plain object, or takes no key, works in memory:', () => {
  test.each([
    ['a class instance', new Session()],
    ['a frozen object', Object.freeze({ user: 'ada' })],
    ['an array', []],
    ['a string', 'ada'],
    ['nothing', undefined],
    ['null', null],
  ])('%s', (_what, context) => {
    const before = JSON.stringify(context);
    const run = asRun(context);
    const id = runIdOf(run);
    expect(id).toMatch(/^run_[0-9a-f-]{36}$/);
    expect(runIdOf(run)).toBe(id);
    expect(JSON.stringify(context)).toBe(before);
  });
});

test.each([
  ['a number', 5],
  ['an empty text', ''],
  ['a text with a line feed', 'run\n1'],
  ['an endless text', 'x'.repeat(201)],
])('%s under the key is no id', (_what, value) => {
  expect(runIdOf(asRun({ [contextKey]: value }))).toMatch(/^run_[0-9a-f-]{36}$/);
});

test('never 51: a getter or a prototype under the key is not read', () => {
  const inherited = Object.create({ [contextKey]: 'run_inherited' }) as object;
  expect(runIdOf(asRun(inherited))).not.toBe('run_inherited');
  const getter = Object.defineProperty({}, contextKey, { get: () => 'run_got', configurable: true });
  expect(runIdOf(asRun(getter))).not.toBe('run_got');
});

test('a context without a prototype is a plain object', () => {
  const context = Object.assign(Object.create(null) as object, { [contextKey]: 'run_kept' });
  expect(runIdOf(asRun(context))).toBe('run_kept');
});
