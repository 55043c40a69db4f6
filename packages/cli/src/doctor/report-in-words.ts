/** A report as a person reads it: a mark and a word for each finding, and under it what to do. */
import type { Finding, FindingVerdict } from '@countersign/core';
import { labelled } from '../terminal/box.ts';
import { printableLine } from '../terminal/printable.ts';
import type { Channel, Style } from '../terminal/terminal.ts';
import type { Report } from './report.ts';

const marks: Readonly<Record<FindingVerdict, readonly [mark: string, style: Style]>> = {
  ok: ['✓ ok', 'green'],
  warning: ['! warning', 'yellow'],
  problem: ['✗ problem', 'red'],
};
/** Cells before what was found. */
const indent = 13;

/** The lines of a report; a blank one between what it looked at. */
export function reportInWords({ sections }: Report, channel: Channel): readonly string[] {
  return sections.flatMap(({ about, findings }, index) => [
    ...(index === 0 ? [] : ['']),
    channel.paint('bold', printableLine(about)),
    ...findings.flatMap((finding) => findingInWords(finding, channel)),
  ]);
}

function findingInWords({ verdict, what, advice }: Finding, channel: Channel): readonly string[] {
  const [mark, style] = marks[verdict];
  const { paint, width } = channel;
  const lines = (label: string, at: number, text: string, painted: Style) =>
    labelled(label, [printableLine(text)], {
      width,
      indent: at,
      paint: (_, shown) => paint(painted, shown),
    }).map((row) => row.text);
  return [
    ...lines(`  ${mark}`, indent, what, style),
    ...(advice === null ? [] : lines(`${' '.repeat(indent)}→`, indent + 2, advice, 'dim')),
  ];
}

/** `2 problems, 1 warning, 14 ok` */
export function totalInWords({ sections }: Report): string {
  const findings = sections.flatMap((section) => section.findings);
  const count = (verdict: FindingVerdict) => findings.filter((one) => one.verdict === verdict).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  return [
    problems === 0 ? 'no problems' : `${problems} ${problems === 1 ? 'problem' : 'problems'}`,
    warnings === 0 ? 'no warnings' : `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    `${count('ok')} ok`,
  ].join(', ');
}
