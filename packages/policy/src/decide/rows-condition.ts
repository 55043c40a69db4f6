/** Whether a rule's `when` holds. What is not known counts against the call: it is asked for, or denied. */
import type { RowsCondition, Rule } from '../policy.ts';
import type { Question } from './question.ts';

/** Whether the rule speaks of a call of so many rows; an unknown number meets a rule that asks or denies, and none that allows. */
export function speaksOfRows({ when, then }: Pick<Rule, 'when' | 'then'>, { rows }: Question): boolean {
  if (when === undefined) return true;
  return rows === undefined || rows === null ? then.verdict !== 'allow' : holds(when, rows);
}

function holds({ is, rows: bound }: RowsCondition, rows: number): boolean {
  switch (is) {
    case '>':
      return rows > bound;
    case '>=':
      return rows >= bound;
    case '<':
      return rows < bound;
    case '<=':
      return rows <= bound;
    case '=':
      return rows === bound;
  }
}
