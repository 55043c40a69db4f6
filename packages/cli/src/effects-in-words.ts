/** Effects, lineage and requirements as a person reads them. */
import {
  type BaseAction,
  baseAction,
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

/** `changes table public.orders (write.delete), via trigger audit_orders`. */
export function effectInWords({
  action,
  resource,
  via,
}: Pick<Effect, 'action' | 'resource' | 'via'>): string {
  const base = baseAction(action);
  const refined = action === base ? '' : ` (${action})`;
  return `${verbs[base]} ${resourceInWords(resource)}${refined}${via === undefined ? '' : `, via ${via}`}`;
}

function resourceInWords(resource: Resource): string {
  const { kind } = splitResource(resource);
  return `${kind.replaceAll('_', ' ')} ${resource.slice(kind.length + 1)}`;
}

/** One line for each output column: `contact comes from public.customers.email`. */
export function lineageInWords({ outputs }: Lineage): readonly string[] {
  return outputs.map(({ name, sources, proven }) => {
    const from = sources.map(
      ({ column, how }) => `${column.slice('column:'.length)}${how === 'as_is' ? '' : ', computed'}`,
    );
    if (!proven) return `${name} may come from any column`;
    return from.length === 0 ? `${name} comes from no column` : `${name} comes from ${from.join('; ')}`;
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
