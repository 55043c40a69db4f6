/** A judgement, and what came of a call, as a person reads them. */
import { errorTable, isErrorCode, type Result } from '@countersign/core';
import { describeEffects } from '@countersign/postgres';
import { lineageInWords, masksInWords, requirementInWords } from './effects-in-words.ts';
import type { Judgement, RunJudgement } from './judge.ts';
import { labelled } from './terminal/box.ts';
import { printable } from './terminal/printable.ts';
import { table } from './terminal/table.ts';
import type { Channel, Style } from './terminal/terminal.ts';

const verdicts: Readonly<Record<Judgement['decision'], readonly [string, Style]>> = {
  allow: ['allow', 'green'],
  ask: ['ask', 'yellow'],
  deny: ['deny', 'red'],
};

/** The decision with its reasons: what it would do, where its output comes from, which rules say so. */
export function judgementInWords(
  judgement: Judgement,
  { paint, width }: Pick<Channel, 'paint' | 'width'>,
): readonly string[] {
  const { decision, code, reason, detail = '', effects, rules, masks, lineage, requirement } = judgement;
  const [word, style] = verdicts[decision];
  const facts = (label: string, lines: readonly string[]) =>
    labelled(label, lines.map(printable), { width, indent: 11, paint }).map(({ text }) => text);
  const needs = requirement === undefined || requirement === null ? [] : [requirementInWords(requirement)];
  return [
    `${paint(['bold', style], word)}  ${code}`,
    ...facts('why', [whyInWords(judgement)]),
    ...facts('needs', needs),
    ...facts('effects', describeEffects(effects ?? [])),
    ...facts('lineage', lineage === undefined ? [] : lineageInWords(lineage)),
    // Nothing comes out of what is denied.
    ...facts('masks', decision === 'deny' ? [] : masksInWords(masks ?? [])),
    ...facts('rules', rules ?? []),
    ...facts('the model', decision === 'deny' && detail !== '' ? [`reads: ${reason}`] : []),
  ];
}

/** For people, where the gateway tells them; else what the model reads. */
function whyInWords({ decision, code, reason, detail = '' }: Judgement): string {
  if (detail === '' || detail === reason) return reason;
  const told = detail.startsWith(`${code}: `) ? detail.slice(code.length + 2) : detail;
  if (decision === 'allow') return `Rules allow it: ${told}.`;
  if (decision === 'ask') return `A person has to approve it: ${told}.`;
  if (told !== detail || told.startsWith('no rule')) return told;
  return isErrorCode(code) ? `${errorTable[code].people.replace(/\.$/, '')}: ${told}.` : told;
}

/** What came of a call that ran, or why it did not. */
export function outcomeInWords({ outcome, error, code }: RunJudgement, { paint }: Channel): string {
  const style: Style = outcome === 'succeeded' ? 'green' : outcome === 'not_executed' ? 'yellow' : 'red';
  const words = paint(style, outcome.replace('_', ' '));
  // The judgement above it has said why already where the decision was the end of it.
  return error === undefined || error.code === code
    ? words
    : `${words}  ${error.code}: ${printable(error.message)}`;
}

/** A result: rows as a table, the rest as it came, with nothing in it that steers the terminal. */
export function resultInWords(result: Result, { paint }: Pick<Channel, 'paint'>): readonly string[] {
  const cut = result.truncated ? [paint('yellow', 'cut: there is more than this')] : [];
  if ('rows' in result) {
    const affected = result.affected === undefined ? [] : [paint('dim', `rows changed: ${result.affected}`)];
    const rows = result.columns.length === 0 ? [] : table(result.columns, result.rows, paint);
    return [...rows, ...affected, ...cut];
  }
  if ('status' in result)
    return [
      `${result.status}`,
      ...result.headers.map(([name, value]) => printable(`${name}: ${value}`)),
      '',
      printable(result.body),
      ...cut,
    ];
  return [printable(result.stdout), printable(result.stderr), `exit code ${result.exit_code}`, ...cut];
}
