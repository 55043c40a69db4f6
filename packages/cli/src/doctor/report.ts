/** What `doctor` found, by what it looked at. */
import { type Finding, type FindingVerdict, worstVerdict } from '@countersign/core';

export interface Section {
  /** `policy`, `store`, `connection shop-db`. */
  readonly about: string;
  readonly findings: readonly Finding[];
}

export interface Report {
  readonly verdict: FindingVerdict;
  /** Whether the policy file could be used at all. */
  readonly loaded: boolean;
  readonly sections: readonly Section[];
}

/** Leaves out sections in which there is nothing to say. */
export function reportOf(loaded: boolean, sections: readonly Section[]): Report {
  const said = sections.filter(({ findings }) => findings.length > 0);
  return { verdict: worstVerdict(said.flatMap(({ findings }) => findings)), loaded, sections: said };
}
