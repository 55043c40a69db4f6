/**
 * The card: what an approver sees before voting, in a terminal. It shows the stored preview and adds nothing that the
 * vote's digest does not cover, but for votes, comments and the clock.
 */
import type { ApprovalView, AskView } from '@countersign/core';
import { effectByTable, sampleInWords } from './effect-in-words.ts';
import { blank, frame, indented, labelled, type Row, row, untrustedBox } from './terminal/box.ts';
import { printable, printableLine } from './terminal/printable.ts';
import type { Paint } from './terminal/terminal.ts';
import { clock, fromNow } from './terminal/times.ts';
import { wrapWords } from './terminal/width.ts';

export interface CardOptions {
  /** Cells of the whole card. */
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
}

/** The card of an approval, as lines. */
export function card(approval: ApprovalView, { width, paint, now }: CardOptions): readonly string[] {
  const { preview } = approval;
  const waiting = approval.state === 'waiting';
  const inner = width - 6;
  const facts = (label: string, lines: readonly string[]) =>
    labelled(label, lines.map(printableLine), { width: inner, indent: 11, paint });
  const headline = `${printableLine(preview.principal)} asks to run this on ${printableLine(preview.connection)}`;
  const rows: readonly Row[] = [
    ...wrapWords(headline, inner).map((line) => row(line, paint('bold', line))),
    blank,
    ...preview.input.flatMap(({ label, text }) =>
      untrustedBox(`${printableLine(label)} · as the agent wrote it`, printable(text), inner, paint),
    ),
    ...(preview.purpose === null
      ? []
      : untrustedBox('why · the agent’s own words', printable(preview.purpose), inner, paint)),
    blank,
    ...facts('Effects', preview.words.length > 0 ? preview.words : ['none that can be named']),
    ...facts('Impact', [
      impactInWords(approval),
      ...(preview.effect === undefined ? [] : effectByTable(preview.effect)),
    ]),
    ...facts('Triggers', preview.triggers ?? []),
    ...facts('Locks', preview.locks ?? []),
    ...(preview.sample ?? []).flatMap((sample) =>
      untrustedBox(
        `${printableLine(sample.table)} · ${sample.rows.length} of the rows, before → after`,
        sampleInWords(sample, preview.effect).map(printableLine).join('\n'),
        inner,
        paint,
      ),
    ),
    ...facts('Asked by', [
      preview.owner === null ? preview.principal : `${preview.principal}, whose owner is ${preview.owner}`,
    ]),
    ...facts('For', [preview.onBehalfOf ?? 'itself, on behalf of nobody']),
    ...facts('Run', [preview.run]),
    ...facts('Needs', approval.asks.map(askInWords)),
    ...facts(
      'Votes',
      approval.votes.map(
        ({ person, vote, reason }) => `${person}: ${vote}${reason === null ? '' : `, “${reason}”`}`,
      ),
    ),
    ...facts(
      'Comments',
      approval.comments.map(({ person, text }) => `${person}: “${text}”`),
    ),
    ...facts('Note', preview.notes),
    ...facts('By', [`${clock(approval.vote_by, now)}, ${fromNow(approval.vote_by, now)}`]),
  ];
  return frame([blank, ...indented(rows, 2), blank], {
    title: waiting ? 'A person has to decide' : `Decided: ${approval.state}`,
    aside: approval.id,
    width,
    paint,
    style: waiting ? 'cyan' : 'dim',
  });
}

/** `about 1 row, the planner’s estimate`. */
function impactInWords({ preview: { impact } }: ApprovalView): string {
  const why = impact.why === null ? '' : ` (${impact.why})`;
  if (impact.count === null) return `not known how many ${impact.unit}${why}`;
  const unit = impact.count === 1 && impact.unit.endsWith('s') ? impact.unit.slice(0, -1) : impact.unit;
  if (impact.how === 'trial') return `${impact.count} ${unit}, counted in a trial that was rolled back${why}`;
  return `about ${impact.count} ${unit}, the target’s own estimate${why}`;
}

/** `1 vote from dba, says the rule “writes need a dba”`. */
export function askInWords({ approvers, votes, reason, rules }: AskView): string {
  const who = approvers.join(' or ');
  const count = votes === 1 ? '1 vote' : `${votes} votes`;
  const because = rules.length === 0 ? '' : `, says ${rules.map((rule) => `“${rule}”`).join(', ')}`;
  return `${count} from ${who}${reason ? ', with a reason' : ''}${because}`;
}
