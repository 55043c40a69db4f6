/** JSON paths, followed step by step while a text is walked: what they lead to has a mask. */
import { type JsonPathStep, type MaskKind, maskKinds, type PathMask, parseJsonPath } from '@countersign/core';
import type { MaskScope } from './masker.ts';
import { type Replace, redacted, replacement } from './replacements.ts';

/** One path and what replaces the values it leads to. */
export interface JsonPathMask {
  readonly steps: readonly JsonPathStep[];
  readonly kind: MaskKind;
  readonly replace: Replace;
  /** What else a member's name can stand for, where a request can give members other names. */
  readonly aliases?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The masks of a plan. A path that can't be read leads to everything. */
export function pathMasks(masks: readonly PathMask[], scope: MaskScope): readonly JsonPathMask[] {
  return masks.flatMap(({ with: kind, paths, domain }) => {
    const replace = replacement(kind, domain, scope);
    return paths.map((path): JsonPathMask => {
      const steps = parseJsonPath(path);
      return steps === null
        ? { steps: [], kind: 'redact', replace: () => redacted }
        : { steps, kind, replace };
    });
  });
}

/** A place in a document: which paths lead here, and which lead further. */
export class Place {
  readonly #here: readonly Progress[];
  /** The strictest of the masks that lead here. */
  readonly mask: JsonPathMask | null;

  constructor(here: readonly Progress[]) {
    this.#here = here;
    this.mask = strictest(
      here.filter(({ path, done }) => done === path.steps.length).map(({ path }) => path),
    );
  }

  /** The place of a member or an item of it. */
  below(to: string | number): Place {
    if (this.#here.length === 0) return this;
    const next = this.#here.flatMap((progress) => {
      const step = progress.path.steps[progress.done];
      if (step === undefined) return [];
      const leads = step.to === null || step.to === to || isAlias(progress.path, to, step.to);
      return [
        ...(leads ? [{ path: progress.path, done: progress.done + 1 }] : []),
        ...(step.deep ? [progress] : []),
      ];
    });
    return next.length === 0 ? nowhere : new Place(distinct(next));
  }
}

const isAlias = ({ aliases }: JsonPathMask, to: string | number, name: string | number): boolean =>
  typeof to === 'string' && typeof name === 'string' && aliases?.get(to)?.has(name) === true;

interface Progress {
  readonly path: JsonPathMask;
  /** Steps that were taken. */
  readonly done: number;
}

const nowhere = new Place([]);

/** The place of the whole document. */
export const root = (paths: readonly JsonPathMask[]): Place =>
  paths.length === 0 ? nowhere : new Place(paths.map((path) => ({ path, done: 0 })));

/** Deep steps meet the same place on several ways; without this the ways would multiply with the depth. */
function distinct(all: readonly Progress[]): readonly Progress[] {
  return all.filter(
    (one, index) => all.findIndex(({ path, done }) => path === one.path && done === one.done) === index,
  );
}

function strictest(masks: readonly JsonPathMask[]): JsonPathMask | null {
  for (const kind of maskKinds) {
    const found = masks.find((mask) => mask.kind === kind);
    if (found !== undefined) return found;
  }
  return null;
}
