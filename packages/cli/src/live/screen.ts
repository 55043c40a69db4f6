/** The live list as lines of a screen. What agents and people wrote is shown by the card, which steers nothing. */
import type { ApprovalId, ApprovalView } from '@countersign/core';
import { card } from '../card.ts';
import { printableLine } from '../terminal/printable.ts';
import type { Paint } from '../terminal/terminal.ts';
import { fromNow } from '../terminal/times.ts';
import { wrapLine, wrapWords } from '../terminal/width.ts';
import { effectsInShort } from '../vote-in-words.ts';
import { type LiveState, selectedIn } from './state.ts';

export interface ScreenOptions {
  /** Cells of a row, rows of the screen. */
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
  readonly now: Date;
}

export interface Screen {
  /** As many as the screen has rows. */
  readonly lines: readonly string[];
  /** How far the card is scrolled: not beyond its end. */
  readonly scrolled: number;
  /** Lines of the card that are on it at once. */
  readonly page: number;
  /** The card whose last line is on it. */
  readonly seen: ApprovalId | null;
}

/** Rows of the list that are on the screen at once. */
const mostRows = 6;

export function screen(state: LiveState, options: ScreenOptions): Screen {
  const { width, height, paint, now } = options;
  const { approvals } = state;
  const head = [headline(state, paint), ''];
  const chosen = selectedIn(state);
  const list = rowsAround(state).map((one) => rowOf(one, one.id === state.selected, options));
  const foot = footer(state, width, paint);
  if (chosen === undefined) {
    const lines = [...head, 'Nothing waits. What comes is shown at once.'];
    return { lines: filled(lines, foot, height), scrolled: 0, page: 1, seen: null };
  }
  const whole = card(chosen, { width, paint, now });
  const page = Math.max(3, height - head.length - list.length - 1 - foot.length);
  const scrolled = Math.max(0, Math.min(state.scrolled, whole.length - page));
  const shown = whole.slice(scrolled, scrolled + page);
  const below = whole.length - scrolled - shown.length;
  const rule = below === 0 ? '' : paint('yellow', `${below} more lines: space`);
  return {
    lines: filled([...head, ...list, rule, ...shown].slice(0, height - foot.length), foot, height),
    scrolled,
    page,
    seen: below === 0 && approvals.length > 0 ? chosen.id : null,
  };
}

function headline({ approvals }: LiveState, paint: Paint): string {
  const mine = approvals.filter(({ may_vote: may }) => may).length;
  const all = approvals.length === mine ? '' : `, ${approvals.length} in all`;
  return paint('bold', `${mine === 1 ? '1 waits' : `${mine} wait`} for you${all}`);
}

/** The rows around the selected one. */
function rowsAround({ approvals, selected }: LiveState): readonly ApprovalView[] {
  const at = approvals.findIndex(({ id }) => id === selected);
  const start = Math.max(0, Math.min(at - Math.floor(mostRows / 2), approvals.length - mostRows));
  return approvals.slice(start, start + mostRows);
}

/** In one line, cut where it is too long: the card shows it whole. */
function rowOf(
  { preview, vote_by: by, may_vote: may, my_vote: mine, siblings }: ApprovalView,
  isSelected: boolean,
  { width, paint, now }: ScreenOptions,
): string {
  const effects = effectsInShort(preview.words);
  const state = mine !== null ? `you: ${mine}` : may ? '' : 'not yours';
  const beside = siblings.length === 0 ? '' : `${siblings.length + 1} of this run`;
  const facts = [preview.principal, preview.connection, effects, fromNow(by, now), beside, state];
  const text = `${isSelected ? '›' : ' '} ${facts
    .filter((fact) => fact !== '')
    .map(printableLine)
    .join(' · ')}`;
  const [line = '', ...rest] = wrapLine(text, width - 1);
  const cut = rest.length === 0 ? line : `${line}…`;
  return isSelected ? paint('bold', cut) : cut;
}

const hints = 'j k next, before · space more · a approve · r reject · c comment · q leave';

function footer({ mode, notice }: LiveState, width: number, paint: Paint): readonly string[] {
  const said =
    notice === null ? [] : wrapWords(printableLine(notice), width).map((line) => paint('cyan', line));
  if (mode.kind === 'sure') return [...said, paint('bold', 'Approve exactly this? y, or any other key: no')];
  if (mode.kind === 'typing') {
    const asked = { approve: 'Approve, because', reject: 'Reject, because', comment: 'Comment' }[mode.what];
    return [
      ...said,
      ...wrapLine(`${asked}: ${printableLine(mode.text)}▏`, width),
      paint('dim', 'enter: send · escape: leave'),
    ];
  }
  return [...said, ...wrapWords(hints, width).map((line) => paint('dim', line))];
}

function filled(lines: readonly string[], foot: readonly string[], height: number): readonly string[] {
  const body = lines.slice(0, Math.max(0, height - foot.length));
  const gap = Math.max(0, height - body.length - foot.length);
  return [...body, ...Array.from({ length: gap }, () => ''), ...foot].slice(0, height);
}
