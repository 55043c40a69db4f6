/** What an inspection finds: whether it is as it should be, and what to do where it is not. */

/** From least to most serious. Only a `problem` keeps something from working, or from being safe. */
export const findingVerdicts = ['ok', 'warning', 'problem'] as const;
/** How serious a finding is. */
export type FindingVerdict = (typeof findingVerdicts)[number];

/** One thing that was looked at, and how it is. */
export interface Finding {
  /** What was looked at, for programs: `store.folder`, `login.strength`. Never changes its meaning. */
  readonly name: string;
  /** How serious it is. */
  readonly verdict: FindingVerdict;
  /** What was found, in plain words. Never a credential, never data of a target. */
  readonly what: string;
  /** What to do about it; null where nothing has to be done. */
  readonly advice: string | null;
}

/** A finding that all is as it should be. */
export function fine(name: string, what: string): Finding {
  return Object.freeze({ name, verdict: 'ok', what, advice: null });
}

/** A finding of what works, but a careful operator would want to know. */
export function warning(name: string, what: string, advice: string): Finding {
  return Object.freeze({ name, verdict: 'warning', what, advice });
}

/** A finding of what does not work, or is not safe. */
export function problem(name: string, what: string, advice: string): Finding {
  return Object.freeze({ name, verdict: 'problem', what, advice });
}

/** The most serious verdict; `ok` of nothing. */
export function worstVerdict(findings: readonly Finding[]): FindingVerdict {
  return findingVerdicts.findLast((verdict) => findings.some((one) => one.verdict === verdict)) ?? 'ok';
}
