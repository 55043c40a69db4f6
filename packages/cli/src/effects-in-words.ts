/** Effects, lineage and requirements as a person reads them. */
import {
  type BaseAction,
  baseAction,
  type ColumnUsage,
  type Effect,
  type Lineage,
  type Requirement,
  type Resource,
  splitResource,
} from '@countersign/core';
import { lengthOfTime } from './terminal/times.ts';

const verbs: Readonly<Record<BaseAction, string>> = {
  read: 'reads',
  write: 'changes',
  schema: 'changes the schema of',
  admin: 'administers',
  execute: 'runs',
  secret: 'exposes',
};

/** `changes table public.orders (write.update), columns status and total, via trigger audit_orders`. */
export function effectInWords({ action, resource, via, columns }: Effect): string {
  const base = baseAction(action);
  const refined = action === base ? '' : ` (${action})`;
  const named = columns === undefined || columns.length === 0 ? '' : `, ${columnsInWords(columns)}`;
  const how = via === undefined ? '' : `, via ${via}`;
  return `${verbs[base]} ${resourceInWords(resource)}${refined}${named}${how}`;
}

const columnsInWords = (columns: readonly string[]): string =>
  columns.length === 1 ? `column ${columns[0]}` : `columns ${listInWords(columns)}`;

/** `a, b and c`. */
const listInWords = (items: readonly string[]): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

function resourceInWords(resource: Resource): string {
  const { kind } = splitResource(resource);
  return `${kind.replaceAll('_', ' ')} ${resource.slice(kind.length + 1)}`;
}

const usesInWords: Readonly<Record<ColumnUsage, string>> = {
  filter: 'which rows come out depends on',
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
  const lines = outputs.map(({ name, sources, proven }) => {
    const from = sources.map(({ column, how }) => `${bare(column)}${how === 'as_is' ? '' : ', computed'}`);
    if (!proven) return `${name} may come from any column`;
    return from.length === 0 ? `${name} comes from no column` : `${name} comes from ${from.join('; ')}`;
  });
  for (const [as, words] of Object.entries(usesInWords)) {
    const columns = uses.filter((use) => use.as === as).map(({ column }) => bare(column));
    if (columns.length > 0) lines.push(`${words} ${listInWords(columns)}`);
  }
  if (!usesProven) lines.push('which rows come out may depend on any column');
  for (const { from, to } of moves)
    lines.push(`${from === 'column:*' ? 'any column' : bare(from)} may be written to ${bare(to)}`);
  return lines;
}

const bare = (column: Resource): string => column.slice('column:'.length);

/** `1 vote from dba, within 1 hour; then it must start within 10 minutes`. */
export function requirementInWords({ asks, voteWithinMs, startWithinMs }: Requirement): string {
  const needed = asks.map(({ approvers, votes, reason }) => {
    const count = votes === 1 ? '1 vote' : `${votes} votes`;
    return `${count} from ${approvers.join(' or ')}${reason ? ' with a reason' : ''}`;
  });
  return `${needed.join(', and ')}, within ${lengthOfTime(voteWithinMs)}; then it must start within ${lengthOfTime(startWithinMs)}`;
}
