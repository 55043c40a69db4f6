/** What the approver sees of a PostgreSQL call: the text, the effects in words, and what the planner expects. */
import { baseAction, type Effect, type Impact, visibleText } from '@countersign/core';
import { describeEffects } from '@countersign/postgres';
import type { Analysis, Preview } from '../protocol.ts';
import { isRead, mayActOutside, type Plan, planOf } from './effects.ts';
import { estimateRows } from './explain.ts';
import type { PostgresInput } from './input.ts';
import type { Reach } from './reach.ts';

/** Whether the planner may be asked: it evaluates what it can, so only where all of that is known to be harmless. */
export const mayBePlanned = ({ statements }: Plan): boolean =>
  statements.length > 0 && statements.every((statement) => statement.plannerSafe);

export async function preview(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<Preview> {
  const plan = planOf(analysis, input);
  return {
    input: [
      { label: 'statement', text: visibleText(input.sql) },
      ...input.params.map((value, index) => ({
        label: `parameter ${index + 1}${value === null ? ', null' : ''}`,
        text: value === null ? '' : visibleText(String(value)),
      })),
    ],
    words: describeEffects([...analysis.effects].sort((a, b) => rank(a) - rank(b))),
    impact: await impactOf(reach, input, plan, signal),
    notes: notesOn(reach, analysis, plan),
  };
}

/** What it changes comes first, then what it reads, then what follows from it. */
const rank = ({ action, via }: Effect): number => {
  if (via !== undefined) return 2;
  return baseAction(action) === 'read' ? 1 : 0;
};

async function impactOf(
  reach: Reach,
  input: PostgresInput,
  plan: Plan,
  signal: AbortSignal,
): Promise<Impact> {
  if (!mayBePlanned(plan))
    return notTried(
      'not tried: the planner could have to evaluate something that is not known to be harmless',
    );
  const count = await estimateRows(reach, input, plan, signal);
  if (count === null) return notTried('the planner gave no estimate');
  return { count, unit: 'rows', how: 'estimate', why: null };
}

const notTried = (why: string): Impact => ({ count: null, unit: 'rows', how: 'none', why });

function notesOn({ hasWall }: Reach, analysis: Analysis, plan: Plan): readonly string[] {
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
  return notes;
}
