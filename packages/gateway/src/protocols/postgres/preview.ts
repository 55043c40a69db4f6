/** What the approver sees of a PostgreSQL call: the text, the effects in words, and what the planner expects. */
import { baseAction, type Effect, type Impact, rowsChanged, visibleText } from '@countersign/core';
import { describeEffects } from '@countersign/postgres';
import type { Analysis, Preview, PreviewWish } from '../protocol.ts';
import { isRead, mayActOutside, type Plan, planOf } from './effects.ts';
import { estimateRows } from './explain.ts';
import type { PostgresInput } from './input.ts';
import { locksInWords } from './locks-in-words.ts';
import type { Reach } from './reach.ts';
import { tryOut } from './trial.ts';
import { whyNotTried } from './tryable.ts';

/** Whether the planner may be asked: it evaluates what it can, so only where all of that is known to be harmless. */
export const mayBePlanned = ({ statements }: Plan): boolean =>
  statements.length > 0 && statements.every((statement) => statement.plannerSafe);

export async function preview(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  signal: AbortSignal,
  wish?: PreviewWish,
): Promise<Preview> {
  const plan = planOf(analysis, input);
  const seen = await look(reach, input, analysis, plan, signal, wish);
  const triggers = triggersOf(analysis);
  const locks = locksInWords(plan, analysis.effects);
  const shown = input.shown ?? input;
  return {
    input: [
      { label: 'statement', text: visibleText(shown.sql) },
      ...shown.params.map((value, index) => ({
        label: `parameter ${index + 1}${value === null ? ', null' : ''}`,
        text: value === null ? '' : visibleText(String(value)),
      })),
    ],
    words: describeEffects([...analysis.effects].sort((a, b) => rank(a) - rank(b))),
    ...seen,
    ...(triggers.length === 0 ? {} : { triggers }),
    ...(locks.length === 0 ? {} : { locks }),
    notes: notesOn(reach, analysis, plan, seen.effect !== undefined),
  };
}

/** What it changes comes first, then what it reads, then what follows from it. */
const rank = ({ action, via }: Effect): number => {
  if (via !== undefined) return 2;
  return baseAction(action) === 'read' ? 1 : 0;
};

/** A trial where one may be made, else the planner's estimate, else nothing; and why it is no better. */
async function look(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  plan: Plan,
  signal: AbortSignal,
  wish: PreviewWish | undefined,
): Promise<Pick<Preview, 'impact' | 'effect' | 'sample'>> {
  let why: string | null = null;
  if (reach.trials !== null && wish !== undefined && !isRead(plan)) {
    why = whyNotTried(analysis, plan, reach.trials);
    if (why === null) {
      const trial = await tryOut(reach, input, analysis, plan, wish, reach.trials.timeoutMs, signal);
      if (trial.tried) {
        const { effect, sample } = trial;
        return {
          impact: { count: rowsChanged(effect), unit: 'rows', how: 'trial', why: null },
          effect,
          sample,
        };
      }
      ({ why } = trial);
    }
  }
  if (!mayBePlanned(plan))
    return noCount(
      why ?? 'not tried: the planner could have to evaluate something that is not known to be harmless',
    );
  const count = await estimateRows(reach, input, plan, signal);
  if (count === null) return noCount(why ?? 'the planner gave no estimate');
  return { impact: { count, unit: 'rows', how: 'estimate', why } };
}

const noCount = (why: string): { readonly impact: Impact } => ({
  impact: { count: null, unit: 'rows', how: 'none', why },
});

/** `audit_orders on public.orders`, as far as it is told which. */
function triggersOf({ effects }: Analysis): readonly string[] {
  const fired = effects.flatMap(({ action, resource, via }) =>
    baseAction(action) === 'execute' && via?.startsWith('trigger ') === true
      ? [`${via.slice('trigger '.length)}, which runs ${resource.slice(resource.indexOf(':') + 1)}`]
      : [],
  );
  return [...new Set(fired)];
}

/** Whether a preview of it reaches the target. */
export const reachesTarget = (reach: Reach, analysis: Analysis, plan: Plan): boolean =>
  mayBePlanned(plan) || whyNotTried(analysis, plan, reach.trials) === null;

function notesOn({ hasWall }: Reach, analysis: Analysis, plan: Plan, measured: boolean): readonly string[] {
  const notes: string[] = [];
  if (!hasWall)
    notes.push(
      isRead(plan)
        ? 'No wall login is configured: the database keeps this from writing, not from reading protected columns.'
        : 'No wall login is configured.',
    );
  if (mayActOutside(analysis))
    notes.push(
      'It calls code that nobody has read, or acts outside the database: a rollback may not undo it all.',
    );
  if (!measured && !isRead(plan))
    notes.push(
      'Bound to this approval: the statement, not what it changes. Other rows than today’s may match when it runs.',
    );
  return notes;
}
