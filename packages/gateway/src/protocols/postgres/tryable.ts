/** Whether a write may be run to see what it does: only where all of it is known to be undone by a rollback. */
import { baseAction, type Effect, splitResource } from '@countersign/core';
import type { Analysis } from '../protocol.ts';
import { isRead, type Plan } from './effects.ts';
import type { Trials } from './reach.ts';

/** Why it may not be tried, for the card; null where it may. */
export function whyNotTried(
  { effects }: Pick<Analysis, 'effects'>,
  plan: Plan,
  trials: Trials | null,
): string | null {
  if (trials === null) return 'not tried: the connection does not say "preview: trial"';
  if (isRead(plan)) return 'not tried: it only reads';
  if (plan.statements.some((statement) => statement.standsAlone))
    return 'not tried: what changes the schema or truncates is never tried';
  for (const effect of effects) {
    const why = whatRemains(effect, trials);
    if (why !== null) return `not tried: ${why}`;
  }
  return null;
}

/** What a rollback may leave of an effect; null where that is nothing. (Gaps in a sequence of the table's own don't count.) */
function whatRemains({ action, resource, via }: Effect, { undone }: Trials): string | null {
  const base = baseAction(action);
  const { kind } = splitResource(resource);
  if (base === 'read' || base === 'secret') return null;
  if (base === 'write' && kind === 'table') return null;
  const by = via === undefined ? '' : `, by ${via}`;
  if (base === 'execute' && kind === 'function')
    return undone.has(resource)
      ? null
      : `it calls ${resource.slice('function:'.length)}${by}, which "undone_by_rollback" does not name`;
  return `a rollback may not undo what it does to ${resource}${by}`;
}
