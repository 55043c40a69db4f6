/** The lines of `lines.jsonl`, and who calls them. */
import { readFileSync } from 'node:fs';
import type { KubectlInput, Principal } from '@countersign/core';

export interface Line {
  readonly id: string;
  readonly group: string;
  readonly argv: string[];
  readonly stdin?: string;
  /** Under `policy.yaml`: reads are allowed, writes and commands asked for, the rest denied. */
  readonly verdict: 'allow' | 'ask' | 'deny';
  /** Of a denial. */
  readonly code?: string;
  /** In any order; absent where they can't be told. */
  readonly effects?: readonly string[];
}

export const here = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export const lines: readonly Line[] = here('lines.jsonl')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Line);

export const inputOf = ({ argv, stdin }: Line): KubectlInput => ({
  argv,
  ...(stdin === undefined ? {} : { stdin }),
});

export const principal: Principal = {
  class: 'agent',
  id: 'agent:teller',
  name: 'teller',
  groups: [],
  account: null,
  owner: null,
  onBehalfOf: null,
};
