/** Lineage, masks and requirements as a person reads them. */
import {
  type ColumnUsage,
  type Lineage,
  type Requirement,
  type Resource,
  visibleLine,
  visibleText,
} from '@countersign/core';
import { lengthOfTime } from './terminal/times.ts';

/** `a, b and c`. */
const listInWords = (items: readonly string[], last = 'and'): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;

const usesInWords: Readonly<Record<ColumnUsage, string>> = {
  filter: 'which rows are meant depends on',
  join: 'rows are joined by',
  sort: 'rows are sorted by',
  group: 'rows are grouped by',
  distinct: 'rows are told apart by',
  aggregate: 'aggregated are',
  compute: 'whether it fails, or how long it takes, may depend on',
};

/**
 * One line for each output column (`contact comes from public.customers.email`), for each way in which columns are used
 * that are not returned, and for each value that is written somewhere else.
 */
export function lineageInWords({ outputs, uses, usesProven, moves = [] }: Lineage): readonly string[] {
  const lines = outputs.map(({ name: written, sources, proven }) => {
    const name = outputName(written);
    const from = sources.map(({ column, how }) => `${bare(column)}${how === 'as_is' ? '' : ', computed'}`);
    if (!proven) return `${name} may come from any column`;
    return from.length === 0 ? `${name} comes from no column` : `${name} comes from ${from.join('; ')}`;
  });
  for (const [as, words] of Object.entries(usesInWords)) {
    const columns = uses.filter((use) => use.as === as).map(({ column }) => bare(column));
    if (columns.length > 0) lines.push(`${words} ${listInWords(columns)}`);
  }
  if (!usesProven) lines.push('which rows are meant may depend on any column');
  for (const { from, to } of moves)
    lines.push(`${from === 'column:*' ? 'any column' : bare(from)} may be written to ${bare(to)}`);
  return lines;
}

/** An alias is whatever the statement says: quoted, and nothing in it hidden, or it would read like the words around it. */
const outputName = (name: string): string =>
  /^[\w?]+$/.test(name) ? name : `"${visibleLine(visibleText(name)).replaceAll('"', '""')}"`;

const bare = (column: Resource): string => column.slice('column:'.length);

/** `redact: public.customers.email; what looks like email or secret`: a line for each way of hiding. */
export function masksInWords(masks: readonly string[]): readonly string[] {
  const byKind = new Map<string, { readonly places: string[]; readonly detectors: string[] }>();
  for (const mask of masks) {
    const [kind = '', what = ''] = mask.split(/ (.*)/s);
    const { places, detectors } = byKind.get(kind) ?? { places: [], detectors: [] };
    byKind.set(kind, { places, detectors });
    if (what.startsWith('detect:')) detectors.push(what.slice('detect:'.length).replaceAll('_', ' '));
    else if (what === 'column:*') places.push('every value whose source can’t be told');
    else places.push(what.startsWith('column:') ? what.slice('column:'.length) : what);
  }
  return [...byKind].map(([kind, { places, detectors }]) => {
    const looks = detectors.length === 0 ? [] : [`what looks like ${listInWords(detectors, 'or')}`];
    return `${kind}: ${[...places, ...looks].join('; ')}`;
  });
}

/** `1 vote from dba, within 1 hour; then it must start within 10 minutes`. */
export function requirementInWords({ asks, voteWithinMs, startWithinMs }: Requirement): string {
  const needed = asks.map(({ approvers, votes, reason }) => {
    const count = votes === 1 ? '1 vote' : `${votes} votes`;
    return `${count} from ${approvers.join(' or ')}${reason ? ' with a reason' : ''}`;
  });
  return `${needed.join(', and ')}, within ${lengthOfTime(voteWithinMs)}; then it must start within ${lengthOfTime(startWithinMs)}`;
}
