/** A judgement, and what came of a call, as a person reads them. */
import type { Result } from '@countersign/core';
import { effectInWords, lineageInWords, requirementInWords } from './effects-in-words.ts';
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
export function judgementInWords(judgement: Judgement, { paint, width }: Channel): readonly string[] {
  const { decision, code, reason, detail, effects, rules, masks, lineage, requirement } = judgement;
  const [word, style] = verdicts[decision];
  const facts = (label: string, lines: readonly string[]) =>
    labelled(label, lines.map(printable), { width, indent: 11, paint }).map(({ text }) => text);
  const says = decision === 'allow' ? code : `${code}: ${printable(reason)}`;
  return [
    `${paint(['bold', style], word)}  ${says}`,
    ...facts('effects', effects?.map(effectInWords) ?? []),
    ...facts('lineage', lineage === undefined ? [] : lineageInWords(lineage)),
    ...facts('masks', masks ?? []),
    ...facts('rules', rules ?? []),
    ...facts(
      'needs',
      requirement === undefined || requirement === null ? [] : [requirementInWords(requirement)],
    ),
    ...facts('detail', detail === undefined || detail === '' || detail === reason ? [] : [detail]),
  ];
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
