/**
 * Which run a call belongs to. The SDK has no run id, so one is made here and kept twice: by the identity of the run's
 * `usage`, which nested agents and a resume in memory share; and in the application's context, where that is a plain
 * object, so that it is still there after the state was written down and read back, in another process perhaps.
 */
import { randomUUID } from 'node:crypto';
import { outsideIdSchema } from '@countersign/core';
import type { RunContextLike } from './sdk.ts';

/** The one key that is written into a plain context. */
export const contextKey = 'countersign_run';

const idOfRun = new WeakMap<object, string>();
/** The run that a context object was first seen with: to another one it doesn't lend its id. */
const runOfContext = new WeakMap<object, object>();

/** The id of the run that this context belongs to; made at the first look. */
export function runIdOf({ context, usage }: RunContextLike): string {
  const known = idOfRun.get(usage);
  if (known !== undefined) return known;
  const id = lentBy(context) ?? `run_${randomUUID()}`;
  idOfRun.set(usage, id);
  if (isPlainObject(context)) {
    runOfContext.set(context, usage);
    // Does nothing to a frozen context; that one works in memory only.
    Reflect.defineProperty(context, contextKey, {
      value: id,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return id;
}

/** The id in a context that was read back from a state; a context object that served a run here has none to lend. */
function lentBy(context: unknown): string | undefined {
  if (!isPlainObject(context) || runOfContext.has(context)) return undefined;
  const id: unknown = Object.getOwnPropertyDescriptor(context, contextKey)?.value;
  return outsideIdSchema.safeParse(id).data;
}

/** By shape, so that an object of another realm counts too. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
