/** What hides values on their way back: built once for a call from its mask plan, used for every cell and every message. */
import type { MaskPlan } from '@countersign/core';

export interface Masker {
  /** The masked text of a cell of output column `index`. Null stays null. */
  cell(index: number, text: string | null): string | null;
  /** Whether any mask or detector can change a cell of this column; where false, `cell` returns what it is given. */
  touches(index: number): boolean;
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
}

export type MakeMasker = (plan: MaskPlan, scope: MaskScope) => Masker;
