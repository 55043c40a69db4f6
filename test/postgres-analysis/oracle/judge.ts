/** Generated statements, judged by the analysis and by a server: where the two differ. */
import type { Analyser, Relation, SqlAnalysis } from '@countersign/postgres';
import { sample, uint8Array } from 'fast-check';
import { judgeFlows } from './flow.ts';
import type { Oracle } from './server.ts';
import { type Statement, statementOf } from './statements.ts';

export type Difference =
  /** Called a read: the server refuses it read-only, or it leaves what a read does not, or others see a change. */
  | 'refused read-only'
  | 'leaves traces'
  | 'seen from outside'
  /** The columns called read do not suffice, or one of them is not needed. */
  | 'demands more'
  | 'demands less'
  /** A value comes out where the lineage does not name its column, or otherwise than it says. */
  | 'flows unseen'
  /** A table was written or locked that no effect names. */
  | 'written unseen'
  | 'locked unseen'
  /** The server runs it as a read, but it was not called one. */
  | 'too strict';

export interface Finding {
  readonly difference: Difference;
  readonly sql: string;
  readonly what: string;
}

export interface Report {
  readonly cases: number;
  readonly reads: number;
  readonly writes: number;
  /** Statements of which the columns were compared. */
  readonly columns: number;
  /** Columns of them that the server refused to do without. */
  readonly demanded: number;
  /** Outputs that were compared after a column was changed. */
  readonly flows: number;
  /** Statements that the analysis resolved and the server refused as wrong. */
  readonly lax: number;
  readonly findings: readonly Finding[];
}

export interface Settings {
  readonly cases: number;
  readonly seed: number;
  /** Of how many cases the columns of one are compared. */
  readonly columnsEvery: number;
  /** From {@link Oracle.lackingRoles}. */
  readonly lacking: ReadonlyMap<string, string>;
}

interface Case extends Statement {
  readonly found: SqlAnalysis;
}

const bytes = uint8Array({ minLength: 160, maxLength: 160 });
const batch = 100;

/** Compares so many statements, the same for the same seed. */
export async function compare(oracle: Oracle, analyser: Analyser, settings: Settings): Promise<Report> {
  const { cases, seed, columnsEvery, lacking } = settings;
  const all: Case[] = [];
  for (const drawn of sample(bytes, { numRuns: cases, seed })) {
    const statement = statementOf(drawn, oracle.major);
    all.push({
      ...statement,
      found: await analysed(analyser, oracle, statement.sql),
    });
  }
  return judge(oracle, all, columnsEvery, lacking);
}

/** The same for statements that are given. */
export async function compareGiven(
  oracle: Oracle,
  analyser: Analyser,
  statements: readonly string[],
  lacking: ReadonlyMap<string, string>,
): Promise<Report> {
  const all: Case[] = [];
  for (const sql of statements) all.push({ sql, wild: true, found: await analysed(analyser, oracle, sql) });
  return judge(oracle, all, 1, lacking);
}

/** Answers have a deadline by the clock: on a machine with other work a text may miss it, and not when it is asked again. */
async function analysed(analyser: Analyser, { catalog }: Oracle, sql: string): Promise<SqlAnalysis> {
  const first = await analyser.analyse(sql, catalog, { parameters: 0 });
  return first.ok || first.code !== 'too_large' ? first : analyser.analyse(sql, catalog, { parameters: 0 });
}

async function judge(
  oracle: Oracle,
  all: readonly Case[],
  columnsEvery: number,
  lacking: ReadonlyMap<string, string>,
): Promise<Report> {
  const findings: Finding[] = [];
  let lax = 0;
  const reads = all.filter(({ found }) => isRead(found));
  for (let at = 0; at < reads.length; at += batch)
    lax += await judgeReads(oracle, reads.slice(at, at + batch), findings);
  const others = all.filter(({ found }) => !isRead(found));
  for (const one of others) await judgeOther(oracle, one, findings);
  let [columns, demanded] = [0, 0];
  await oracle.begin();
  for (const one of all.filter((_, i) => i % columnsEvery === 0)) {
    const count = await judgeColumns(oracle, one, lacking, findings);
    if (count === null) continue;
    columns += 1;
    demanded += count;
  }
  await oracle.rollback();
  const flows = await judgeFlows(
    oracle,
    reads.filter((_, i) => i % columnsEvery === 0),
    findings,
  );
  return {
    cases: all.length,
    reads: reads.length,
    writes: others.length,
    columns,
    demanded,
    flows,
    lax,
    findings,
  };
}

/** What may run read-only and unasked. */
function isRead(found: SqlAnalysis): boolean {
  return (
    found.ok &&
    found.statements.every((statement) => statement.readOnly) &&
    found.effects.every((effect) => effect.action === 'read')
  );
}

/** @returns How many of them the server takes for wrong. */
async function judgeReads(oracle: Oracle, reads: readonly Case[], findings: Finding[]): Promise<number> {
  const texts = reads.map(({ sql }) => sql);
  const readOnly = await oracle.read(texts, 'read only');
  for (const [i, state] of readOnly.states.entries())
    if (state.startsWith('25006'))
      findings.push({ difference: 'refused read-only', sql: texts[i] ?? '', what: state });
  const before = await oracle.seenFromOutside();
  const readWrite = await oracle.read(texts, 'read write');
  const seen = (await oracle.seenFromOutside()) !== before;
  if (seen || readOnly.traces.length + readWrite.traces.length > 0)
    await findCulprits(oracle, texts, findings);
  return readOnly.states.filter((state) => /^42(?!501)/.test(state)).length;
}

/** One of them leaves something behind: which, and what? */
async function findCulprits(oracle: Oracle, texts: readonly string[], findings: Finding[]): Promise<void> {
  for (const sql of texts) {
    const before = await oracle.seenFromOutside();
    for (const mode of ['read only', 'read write'] as const) {
      const { traces } = await oracle.read([sql], mode);
      if (traces.length > 0)
        findings.push({ difference: 'leaves traces', sql, what: `${mode}: ${traces.join(', ')}` });
    }
    if ((await oracle.seenFromOutside()) !== before)
      findings.push({ difference: 'seen from outside', sql, what: '' });
  }
}

async function judgeOther(oracle: Oracle, { sql, wild, found }: Case, findings: Finding[]): Promise<void> {
  if (!wild) {
    const { states, traces } = await oracle.read([sql], 'read only');
    const needsSession = !found.ok && found.code === 'needs_native_session';
    if (states[0] === '' && traces.length === 0 && !needsSession && !/^do\b/.test(sql))
      findings.push({
        difference: 'too strict',
        sql,
        what: found.ok ? notReads(found) : `${found.code}: ${found.what}`,
      });
  }
  if (!found.ok) return;
  // What a user's function does, its name covers.
  if (found.effects.some((effect) => effect.action === 'execute')) return;
  const named = (relation: Relation | undefined, action: RegExp) =>
    found.effects.some(
      (effect) =>
        action.test(effect.action) && effect.resource === `table:${relation?.schema}.${relation?.name}`,
    );
  const { rows, locked } = await oracle.writes(sql);
  const verbs = ['insert', 'update', 'delete'] as const;
  for (const [oid, counts] of rows)
    for (const [i, verb] of verbs.entries()) {
      const relation = oracle.catalog.relationsByOid.get(oid);
      if (
        (counts[i] ?? 0) > 0 &&
        relation !== undefined &&
        !named(relation, new RegExp(`^write(?:\\.${verb})?$|^schema`))
      )
        findings.push({ difference: 'written unseen', sql, what: `${verb} ${relation.name}` });
    }
  for (const oid of locked) {
    const relation = oracle.catalog.relationsByOid.get(oid);
    if (relation !== undefined && !named(relation, /^(?:write|schema|admin)/))
      findings.push({ difference: 'locked unseen', sql, what: relation.name });
  }
}

const notReads = (found: SqlAnalysis & { readonly ok: true }): string =>
  found.effects
    .filter((effect) => effect.action !== 'read')
    .map((effect) => `${effect.action} ${effect.resource}`)
    .join(', ');

/** Kinds whose permissions the server checks when it plans. */
const checked: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge']);

/**
 * The columns called read against those the server demands: no more than those must be needed, and each of them is
 * marked by the server's analysis or refused where it lacks. (The planner may leave out a part that is never run, and
 * then nothing is demanded for it.)
 *
 * @returns How many the server refused to do without; null where there was nothing to compare.
 */
async function judgeColumns(
  oracle: Oracle,
  { sql, found }: Case,
  lacking: ReadonlyMap<string, string>,
  findings: Finding[],
): Promise<number | null> {
  if (!found.ok || found.statements.length !== 1 || !checked.has(found.statements[0]?.kind ?? ''))
    return null;
  // Nobody but a superuser may lock rows of the server's own tables, whatever was granted.
  if (
    found.effects.some(
      ({ action, resource }) =>
        action === 'write.lock' && /^table:(?:pg_catalog|information_schema)/.test(resource),
    )
  )
    return null;
  const { grants, columns } = grantsFor(oracle, found);
  const roles = columns.map((column) => lacking.get(column) ?? 'oracle_agent');
  const [exact = '', ...others] = await oracle.demands(sql, grants, roles);
  if (exact !== '' && !exact.startsWith('42501')) return null;
  if (exact !== '')
    findings.push({ difference: 'demands more', sql, what: `${exact}; ${grants.join('; ')}` });
  const marks = await oracle.marks(sql);
  const demanded = columns.filter((_, i) => others[i]?.startsWith('42501') === true);
  for (const [i, column] of columns.entries())
    if (others[i] === '' && marks?.has(column) === false)
      findings.push({ difference: 'demands less', sql, what: column });
  for (const column of marks ?? [])
    if (!columns.includes(column))
      findings.push({ difference: 'demands more', sql, what: `${column} is marked` });
  return demanded.length;
}

/** What a role has to hold for the effects that are the statement's own, and not of a view's owner. */
function grantsFor(
  oracle: Oracle,
  found: SqlAnalysis & { readonly ok: true },
): { readonly grants: readonly string[]; readonly columns: readonly string[] } {
  const grants: string[] = [];
  const columns: string[] = [];
  for (const { action, resource, via, columns: named } of found.effects) {
    const name = resource.startsWith('table:') ? resource.slice('table:'.length) : '';
    const [schema = '', table = ''] = name.split('.');
    const relation = oracle.catalog.relations.get(table)?.get(schema);
    const own = via === undefined || via.startsWith('policy ') || via === 'view app.v_caller';
    if (relation === undefined || !own || relation.system) continue;
    const all = named ?? relation.columns.map((column) => column.name);
    const list = (names: readonly string[]) => names.map((one) => `"${one}"`).join(', ');
    const first = relation.columns[0]?.name ?? '';
    const grant = (what: string) => grants.push(`grant ${what} on ${name} to oracle_exact`);
    if (action === 'read') grant(`select (${list(all.length === 0 ? [first] : all)})`);
    if (action === 'write.insert') grant(all.length === 0 ? 'insert' : `insert (${list(all)})`);
    if (action === 'write.update') grant(`update (${list(all)})`);
    if (action === 'write.delete') grant('delete');
    if (action === 'write.lock') grant('update, delete, insert');
    if (action === 'read' && via === undefined) columns.push(...all.map((column) => `${name}.${column}`));
  }
  return { grants, columns };
}
