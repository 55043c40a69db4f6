/**
 * Whether values flow where the lineage says: every value of one column is changed, and the outputs that change with it
 * must be among those that name it. Statements that use the column to decide what comes out are left out.
 */
import type { Lineage } from '@countersign/core';
import type { SqlAnalysis } from '@countersign/postgres';
import type { Finding } from './judge.ts';
import type { Answer, Oracle } from './server.ts';

interface Case {
  readonly sql: string;
  readonly found: SqlAnalysis;
}

interface Asked {
  readonly sql: string;
  readonly lineage: Lineage;
}

/** What differs from one run to the next anyway: chance, clocks, where a row lies, what the server counts. */
const unsteady =
  /\b(?:random|random_normal|gen_random_uuid|uuidv[47]|array_sample|array_shuffle|clock_timestamp|timeofday|statement_timestamp|tablesample|ctid|xmin|xmax|cmin|cmax|explain|pg_\w+|currval|lastval)\b/;

/** What no text of the server's holds. */
const noValue = '\0';

/** @returns How many outputs were compared with how many changed columns. */
export async function judgeFlows(
  oracle: Oracle,
  cases: readonly Case[],
  findings: Finding[],
): Promise<number> {
  const values = await oracle.otherValues();
  const byColumn = new Map<string, Asked[]>();
  for (const [i, { sql, found }] of cases.entries()) {
    if (!found.ok || found.statements.length !== 1 || unsteady.test(sql)) continue;
    const { lineage } = found;
    if (lineage.outputs.length === 0 || !lineage.usesProven) continue;
    // Two of the columns that are read and decide nothing, other ones for other statements.
    const decides = new Set<string>(lineage.uses.map((use) => use.column));
    const read = columnsOf(found).filter((column) => values.has(column) && !decides.has(`column:${column}`));
    const drawn = new Set(read.length === 0 ? [] : [i, i * 7 + 3].map((n) => read[n % read.length] ?? ''));
    for (const column of drawn) byColumn.set(column, [...(byColumn.get(column) ?? []), { sql, lineage }]);
  }
  let compared = 0;
  for (const [column, asked] of byColumn) {
    const texts = asked.map(({ sql }) => sql);
    const { changes, held } = await oracle.changing(column, values.get(column) ?? '', texts);
    for (const [i, { sql, lineage }] of asked.entries()) {
      const change = changes[i] ?? null;
      if (change === null) continue;
      compared += lineage.outputs.length;
      for (const what of differences(lineage, column, change.was, change.is, held))
        findings.push({ difference: 'flows unseen', sql, what });
    }
  }
  return compared;
}

/** The base columns that a statement reads, behind views and through inheritance too. */
function columnsOf(found: SqlAnalysis & { readonly ok: true }): string[] {
  const columns = found.effects
    .filter(({ action, resource }) => action === 'read' && resource.startsWith('table:'))
    .flatMap((effect) =>
      (effect.columns ?? []).map((name) => `${effect.resource.slice('table:'.length)}.${name}`),
    );
  return [...new Set(columns)].sort();
}

function* differences(
  { outputs }: Lineage,
  column: string,
  before: Answer,
  after: Answer,
  held: ReadonlySet<string>,
): Generator<string> {
  if (before.state !== '' || after.state !== '') {
    // Whether it runs at all tells of the value.
    if ((before.state === '') !== (after.state === ''))
      yield `${column} decides whether it runs: ${before.state}${after.state}`;
    return;
  }
  if (before.rows.length !== after.rows.length) {
    yield `${column} decides how many rows come out`;
    return;
  }
  for (const [i, { name, sources, proven }] of outputs.entries()) {
    const source = sources.find((one) => one.column === `column:${column}`);
    // In no order: the server is free to choose one.
    const values = (answer: Answer) => answer.rows.map((row) => row[i] ?? noValue).sort();
    if (source === undefined && proven && JSON.stringify(values(before)) !== JSON.stringify(values(after)))
      yield `${column} reaches ${name}`;
    const isPlain = proven && sources.length === 1 && source?.how === 'as_is';
    // What was there before the change is a constant beside it.
    const constants = new Set(values(before));
    if (
      isPlain &&
      values(after).some((value) => value !== noValue && !held.has(value) && !constants.has(value))
    )
      yield `${column} does not come out as it is in ${name}`;
  }
}
