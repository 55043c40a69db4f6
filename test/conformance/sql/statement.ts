/** One line of `statements.jsonl`: a statement, and what it would do. */

import { readFileSync } from 'node:fs';
import type { Effect, Lineage, Principal, Verdict } from '@countersign/core';
import { decide, parsePolicyFile } from '@countersign/policy';
import {
  type Analyser,
  type Catalog,
  type Major,
  type SqlAnalysis,
  supportedMajors,
} from '@countersign/postgres';

/** Chosen by hand: what a person says that it is. The rest is recorded by `record.ts`, and reviewed. */
export interface Statement {
  readonly id: string;
  readonly group: string;
  /** `read`, `write`, `execute`, `schema`, `admin`, `secret`, several with `+`; or the code of a denial. */
  readonly is: string;
  readonly schema: string;
  readonly sql: string;
  readonly parameters: number;
}

export interface Recorded extends Statement {
  /** The major versions by whose grammar it means this; by that of another it is denied. */
  readonly majors: readonly Major[];
  /** Under `policy.yaml`. */
  readonly verdict: Verdict;
  /** For a denial. */
  readonly code?: string;
  readonly effects?: readonly Effect[];
  readonly lineage?: Pick<Lineage, 'outputs' | 'uses'>;
}

const here = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export const recorded = (): readonly Recorded[] =>
  here('statements.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);

const { policy } = parsePolicyFile(here('policy.yaml'), {
  file: 'policy.yaml',
  env: { WORLD_URL: 'postgres://localhost/world' },
  directory: '/',
});

const agent: Principal = {
  class: 'agent',
  id: 'agent:analyst',
  name: 'analyst',
  groups: [],
  account: null,
  owner: null,
  onBehalfOf: null,
};

type Judged = Pick<Recorded, 'verdict' | 'code' | 'effects' | 'lineage'>;

/** The catalog as servers of each major version would have it, as far as statements tell. */
export const catalogs = (catalog: Catalog): readonly Catalog[] =>
  supportedMajors.map((major) => ({ ...catalog, major }));

/** What the analysis and the policy say of a statement. */
export async function judge(
  analyser: Analyser,
  catalog: Catalog,
  { sql, parameters }: Statement,
): Promise<Judged> {
  const found = await analyser.analyse(sql, catalog, { parameters });
  if (!found.ok) return { verdict: 'deny', code: found.code };
  const { verdict } = decide(policy, {
    principal: agent,
    connection: { name: 'world', protocol: 'postgres', labels: {} },
    effects: found.effects,
    lineage: found.lineage,
  });
  const { outputs, uses } = found.lineage;
  return { verdict, effects: found.effects, lineage: { outputs, uses } };
}

/** The same for every major version: what the newest says that knows the statement, and which agree. */
export async function record(
  analyser: Analyser,
  all: readonly Catalog[],
  statement: Statement,
): Promise<Recorded> {
  const judged = await Promise.all(
    all.map(async (catalog) => ({ major: catalog.major, says: await judge(analyser, catalog, statement) })),
  );
  const newest = judged.findLast(({ says }) => says.code === undefined) ?? judged.at(-1);
  if (newest === undefined) throw new Error('no major version is supported');
  const same = JSON.stringify(newest.says);
  const majors = judged.filter(({ says }) => JSON.stringify(says) === same).map(({ major }) => major);
  const { id, group, is, schema, sql, parameters } = statement;
  return { id, group, is, schema, sql, parameters, majors, ...newest.says };
}

/** What an analysis makes of a statement, in the words of `is`. */
export function classOf(found: SqlAnalysis): readonly string[] {
  if (!found.ok) return [found.code];
  const beyond = found.effects
    .map(({ action }) => action.split('.')[0] ?? '')
    .filter((action) => action !== 'read');
  if (beyond.length > 0) return [...new Set(beyond)];
  return found.statements.every((one) => one.readOnly) ? ['read'] : ['not read-only'];
}
