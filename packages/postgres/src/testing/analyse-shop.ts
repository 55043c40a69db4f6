/** Analyses against the shop, in a form that tests can hold against a table. */
import { effectInShort } from '@countersign/core';
import type { SqlAnalysis } from '../analyse-text.ts';
import { createAnalyser } from '../analyser.ts';
import { shopCatalog } from './shop-catalog.ts';

const analyser = createAnalyser();
const catalog = shopCatalog();

export function analyseShop(sql: string, parameters = 0): Promise<SqlAnalysis> {
  return analyser.analyse(sql, catalog, { parameters });
}

/** Effects a line each: `read table:public.orders [id,total]`; for a denial its code and words. */
export async function effectsOf(sql: string): Promise<string[]> {
  const found = await analyseShop(sql);
  if (!found.ok) return [`${found.code}: ${found.what}`];
  return found.effects.map(
    (effect) =>
      effectInShort(effect) + (effect.columns === undefined ? '' : ` [${effect.columns.join(',')}]`),
  );
}

/** Outputs a line each: `mail < public.customers.email, ~public.customers.ssn`, with `~` for derived, `?` for unproven. */
export async function outputsOf(sql: string): Promise<string[]> {
  const found = await analyseShop(sql);
  if (!found.ok) return [`${found.code}: ${found.what}`];
  return found.lineage.outputs.map(({ name, sources, proven }) => {
    const from = sources.map(
      ({ column, how }) => (how === 'derived' ? '~' : '') + column.slice('column:'.length),
    );
    return `${name} <${proven ? '' : ' ?'} ${from.join(', ')}`.trimEnd();
  });
}

/** Uses a line each: `filter public.customers.ssn`. */
export async function usesOf(sql: string): Promise<string[]> {
  const found = await analyseShop(sql);
  if (!found.ok) return [`${found.code}: ${found.what}`];
  return found.lineage.uses.map(({ column, as }) => `${as} ${column.slice('column:'.length)}`);
}

/** Moves a line each: `public.customers.ssn > public.agent_notes.body`. */
export async function movesOf(sql: string): Promise<string[]> {
  const found = await analyseShop(sql);
  if (!found.ok) return [`${found.code}: ${found.what}`];
  return (found.lineage.moves ?? []).map(
    ({ from, to }) => `${from.slice('column:'.length)} > ${to.slice('column:'.length)}`,
  );
}
