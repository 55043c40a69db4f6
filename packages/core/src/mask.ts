/** Masks: what hides a value on its way back to the agent. */
import type { Resource } from './resource.ts';

/** From strictest to loosest: of several masks on one value the first in this list applies. */
export const maskKinds = ['redact', 'hash', 'tokenize', 'partial'] as const;
/** How a mask hides: nothing is left, an HMAC, a token, a part of it. */
export type MaskKind = (typeof maskKinds)[number];

/** The detectors: what is found in a text by its form, wherever it stands. */
export const detectorNames = [
  'email',
  'phone',
  'credit_card',
  'iban',
  'us_ssn',
  'ip_address',
  'jwt',
  'private_key',
  'api_key',
] as const;
/** The name of one detector. */
export type DetectorName = (typeof detectorNames)[number];

/** `secret` stands for the three that find credentials. */
export const detectorGroups: Readonly<Record<'secret', readonly DetectorName[]>> = Object.freeze({
  secret: Object.freeze(['jwt', 'private_key', 'api_key'] as const),
});

/** What hides one output column whole. */
export interface ColumnMask {
  readonly with: MaskKind;
  /** The protected columns it is masked for, as `column:public.customers.ssn`; `column:*` where the lineage is unproven. */
  readonly columns: readonly Resource[];
  /** Hashes and tokens of one domain can be compared with each other. */
  readonly domain: string;
  /**
   * `shown` for a column as it is, whose nulls stay null. `hidden` for what is computed: an expression can be null for
   * one value and not for another.
   */
  readonly nulls: 'shown' | 'hidden';
  /** Whether tokens are kept, to be put back to their values in a write. */
  readonly restore?: true;
}

/** What hides every match of some detectors, wherever it stands in a text. */
export interface DetectorMask {
  readonly with: MaskKind;
  /** What it looks for, groups spelled out. */
  readonly detect: readonly DetectorName[];
  /** As the policy file names them, for display: `secret`, `email`. */
  readonly names: readonly string[];
  /** Hashes and tokens of one domain can be compared with each other. */
  readonly domain: string;
}

/** What hides the values that some paths lead to, in every JSON text that comes back. */
export interface PathMask {
  readonly with: MaskKind;
  /** As the policy file writes them: `$.customer.email`, `$..phone`. */
  readonly paths: readonly string[];
  /** Hashes and tokens of one domain can be compared with each other. */
  readonly domain: string;
}

/** What is hidden of one call's result. */
export interface MaskPlan {
  /** By output position; null leaves the column to the detectors. */
  readonly columns: readonly (ColumnMask | null)[];
  /** For every text that no column mask hides. */
  readonly detectors: readonly DetectorMask[];
  /** For every JSON text; absent where there are none. */
  readonly paths?: readonly PathMask[];
  /**
   * Whether the target's own error text may be shown (after the detectors). False as soon as a protected column
   * could stand in it: a failed cast quotes the value, a violated constraint the whole row.
   */
  readonly showErrors: boolean;
}

/** The plan of a call that returns nothing. */
export const noMasks: MaskPlan = Object.freeze({ columns: [], detectors: [], showErrors: false });

/** The masks of a plan as outputs name them: `redact column:public.customers.ssn`, `redact detect:email`. Sorted, without repeats. */
export function maskNames(plan: MaskPlan): readonly string[] {
  const names = new Set<string>();
  for (const mask of plan.columns)
    for (const column of mask?.columns ?? []) names.add(`${mask?.with} ${column}`);
  for (const mask of plan.detectors) for (const name of mask.names) names.add(`${mask.with} detect:${name}`);
  for (const mask of plan.paths ?? []) for (const path of mask.paths) names.add(`${mask.with} json:${path}`);
  return [...names].sort();
}
