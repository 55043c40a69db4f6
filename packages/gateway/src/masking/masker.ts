/** What hides values on their way back: built once for a call from its mask plan, used for every cell and every message. */
import type { MaskPlan } from '@countersign/core';
import { allDetectors, type Detectors } from './detectors/all.ts';
import { type JsonPathMask, pathMasks } from './json-paths.ts';
import { maskJson } from './json-text.ts';
import { type Replace, redacted, replacement } from './replacements.ts';
import { textMasker } from './text-masker.ts';

export interface Masker {
  /** The masked text of a cell of output column `index`. Null stays null, unless the plan hides that it is. */
  cell(index: number, text: string | null): string | null;
  /** Whether any mask or detector can change a cell of this column; where false, `cell` returns what it is given. */
  touches(index: number): boolean;
  /** What JSON paths hide, for who masks a JSON text himself; absent where there are none. `cell` does it by itself. */
  readonly paths?: readonly JsonPathMask[];
  /** Free text of the target (an error's message): detectors applied; null where the plan hides it. */
  message(text: string): string | null;
}

/** Who the values are hidden from: hashes and tokens are comparable within one principal and run only. */
export interface MaskScope {
  /** The key of all HMACs, from the gateway's master key. */
  readonly secret: Uint8Array;
  /** With the person acted for. */
  readonly principal: string;
  readonly run: string;
  /** Hears of each token of a column whose mask is to be undone in a write. */
  readonly keep?: (token: string, value: string, domain: string) => void;
}

export type MakeMasker = (plan: MaskPlan, scope: MaskScope) => Masker;

/** Makes the masker of a call. A column the plan does not know is redacted. */
export const makeMasker: MakeMasker = (plan, scope) => makeMaskerWith(allDetectors, plan, scope);

/** The same with other detectors. */
export function makeMaskerWith(detectors: Detectors, plan: MaskPlan, scope: MaskScope): Masker {
  const columns = plan.columns.map((mask): Replace | null => {
    if (mask === null) return null;
    const replace = replacement(mask.with, mask.domain, scope);
    const { keep } = scope;
    if (mask.restore !== true || keep === undefined) return replace;
    return (value) => {
      const token = replace(value);
      keep(token, value, mask.domain);
      return token;
    };
  });
  const inText = textMasker(detectors, plan.detectors, scope);
  const paths = pathMasks(plan.paths ?? [], scope);
  const touches = (index: number) => columns[index] !== null || inText !== null || paths.length > 0;
  return {
    touches,
    ...(paths.length === 0 ? {} : { paths }),
    cell: (index, text) => {
      const column = columns[index];
      if (column === undefined) return redacted;
      if (text === null) return plan.columns[index]?.nulls === 'hidden' ? redacted : null;
      if (column !== null) return column(text);
      const json = paths.length === 0 ? null : maskJson(text, inText ?? asItIs, paths);
      if (json !== null) return json;
      return inText === null ? text : inText(text);
    },
    message: (text) => {
      if (!plan.showErrors) return null;
      return inText === null ? text : inText(text);
    },
  };
}

const asItIs: Replace = (text) => text;
