/**
 * The live list: what it shows, and what each key makes of it. A vote is pinned to the card it was begun on: whatever
 * moves meanwhile, what is voted on is what was looked at.
 *
 * ```
 * looking ──a──▶ sure? ──y──▶ (approves)          only with the card seen to its end
 *    │             └──any other──▶ looking
 *    ├────r──▶ why? ──enter──▶ (rejects)          an approval that needs a reason asks why, too, after y
 *    └────c──▶ comment ──enter──▶ (comments)      escape leaves each; so does a card that no longer waits
 * ```
 */
import type { ApprovalId, ApprovalView } from '@countersign/core';
import type { Key } from './keys.ts';

/** What is being done with the selected card. */
export type Mode =
  | { readonly kind: 'looking' }
  | { readonly kind: 'sure' }
  | { readonly kind: 'typing'; readonly what: 'approve' | 'reject' | 'comment'; readonly text: string };

export interface LiveState {
  /** Those that wait, in the gateway's order. */
  readonly approvals: readonly ApprovalView[];
  readonly selected: ApprovalId | null;
  readonly mode: Mode;
  /** Lines of the card above the window. */
  readonly scrolled: number;
  /** The cards whose last line was on the screen. */
  readonly seen: ReadonlySet<ApprovalId>;
  /** What just happened; null for nothing. */
  readonly notice: string | null;
}

/** What a key asks for. */
export type Action =
  | { readonly kind: 'quit' }
  | {
      readonly kind: 'vote';
      readonly vote: 'approve' | 'reject';
      readonly on: ApprovalView;
      readonly reason: string;
    }
  | { readonly kind: 'comment'; readonly on: ApprovalView; readonly text: string };

export interface Pressed {
  readonly state: LiveState;
  readonly action?: Action;
}

export const looking: Mode = Object.freeze({ kind: 'looking' });
export const nothingYet: LiveState = Object.freeze({
  approvals: [],
  selected: null,
  mode: looking,
  scrolled: 0,
  seen: new Set<ApprovalId>(),
  notice: null,
});

/** The most that a reason or a comment may have. Characters. */
const mostCharacters = 1000;

export function selectedIn({ approvals, selected }: LiveState): ApprovalView | undefined {
  return approvals.find(({ id }) => id === selected);
}

/**
 * What keys that came at once make of the state. Several at once are a paste, or a hand that rests on a key: they may
 * type and move, but begin and confirm no vote.
 *
 * @param page Lines of the card that are on the screen at once.
 */
export function press(state: LiveState, keys: readonly Key[], page: number): Pressed {
  const alone = keys.length === 1;
  let now: Pressed = { state: { ...state, notice: null } };
  for (const key of keys) {
    if (now.action !== undefined) break;
    now = key === 'interrupt' ? { ...now, action: { kind: 'quit' } } : pressOne(now.state, key, alone, page);
  }
  return now;
}

function pressOne(state: LiveState, key: Key, alone: boolean, page: number): Pressed {
  switch (state.mode.kind) {
    case 'looking':
      return pressLooking(state, key, alone, page);
    case 'sure':
      return alone ? pressSure(state, key) : { state };
    case 'typing':
      return pressTyping(state, state.mode, key, alone);
  }
}

function pressLooking(state: LiveState, key: Key, alone: boolean, page: number): Pressed {
  const typed = typeof key === 'object' ? key.typed : null;
  if (key === 'down' || typed === 'j') return { state: move(state, 1) };
  if (key === 'up' || typed === 'k') return { state: move(state, -1) };
  if (key === 'page-down' || typed === ' ') return { state: { ...state, scrolled: state.scrolled + page } };
  if (key === 'page-up' || typed === 'b')
    return { state: { ...state, scrolled: Math.max(0, state.scrolled - page) } };
  if (!alone) return { state };
  if (typed === 'q') return { state, action: { kind: 'quit' } };
  const card = selectedIn(state);
  if (card === undefined) return { state };
  if (typed === 'c' && card.may_comment) return { state: typing(state, 'comment') };
  if (typed !== 'a' && typed !== 'r') return { state };
  if (!card.may_vote)
    return { state: { ...state, notice: `You may not vote on it: ${card.may_not_vote_because ?? ''}` } };
  if (typed === 'r') return { state: typing(state, 'reject') };
  if (!state.seen.has(card.id))
    return { state: { ...state, notice: 'There is more of it. Look at all of it first: space.' } };
  return { state: { ...state, mode: { kind: 'sure' } } };
}

function pressSure(state: LiveState, key: Key): Pressed {
  const card = selectedIn(state);
  const back = { ...state, mode: looking };
  if (card === undefined || typeof key !== 'object' || key.typed.toLowerCase() !== 'y')
    return { state: { ...back, notice: 'Not voted.' } };
  if (card.asks.some(({ reason }) => reason)) return { state: typing(state, 'approve') };
  return { state: back, action: { kind: 'vote', vote: 'approve', on: card, reason: '' } };
}

function pressTyping(state: LiveState, mode: Mode & { kind: 'typing' }, key: Key, alone: boolean): Pressed {
  const back = { ...state, mode: looking };
  const card = selectedIn(state);
  if (key === 'escape') return { state: { ...back, notice: 'Left as it was.' } };
  if (key === 'backspace')
    return { state: { ...state, mode: { ...mode, text: Array.from(mode.text).slice(0, -1).join('') } } };
  if (typeof key === 'object')
    return { state: { ...state, mode: { ...mode, text: (mode.text + key.typed).slice(0, mostCharacters) } } };
  // A line end within a paste is a space, and sends nothing.
  if (key !== 'enter' || card === undefined) return { state };
  if (!alone) return { state: { ...state, mode: { ...mode, text: `${mode.text} ` } } };
  const text = mode.text.trim();
  if (text === '' && mode.what !== 'reject') return { state: { ...state, notice: 'It needs a few words.' } };
  if (mode.what === 'comment') return { state: back, action: { kind: 'comment', on: card, text } };
  return { state: back, action: { kind: 'vote', vote: mode.what, on: card, reason: text } };
}

const typing = (state: LiveState, what: (Mode & { kind: 'typing' })['what']): LiveState => ({
  ...state,
  mode: { kind: 'typing', what, text: '' },
});

function move(state: LiveState, by: number): LiveState {
  const at = state.approvals.findIndex(({ id }) => id === state.selected);
  const next = state.approvals[Math.min(Math.max(at + by, 0), state.approvals.length - 1)];
  return { ...state, selected: next?.id ?? null, scrolled: next?.id === state.selected ? state.scrolled : 0 };
}

/** What a new list makes of the state: the selection stays where it was, or goes to what stands in its place. */
export function withApprovals(state: LiveState, approvals: readonly ApprovalView[]): LiveState {
  if (approvals.some(({ id }) => id === state.selected)) return { ...state, approvals };
  const at = Math.max(
    0,
    state.approvals.findIndex(({ id }) => id === state.selected),
  );
  const next = approvals[Math.min(at, approvals.length - 1)] ?? null;
  const left = state.selected !== null && state.mode.kind !== 'looking';
  return {
    ...state,
    approvals,
    selected: next?.id ?? null,
    mode: looking,
    scrolled: 0,
    notice: left ? 'It no longer waits; nothing was sent.' : state.notice,
  };
}

/** What one approval's new view makes of the state: it takes its place, or leaves where it waits no longer. */
export function withApproval(state: LiveState, view: ApprovalView): LiveState {
  const known = state.approvals.some(({ id }) => id === view.id);
  if (view.state !== 'waiting') {
    const left = withApprovals(
      state,
      state.approvals.filter(({ id }) => id !== view.id),
    );
    return known && left.mode === state.mode ? { ...left, notice: `${view.id} is ${view.state}.` } : left;
  }
  const approvals = known
    ? state.approvals.map((one) => (one.id === view.id ? view : one))
    : [...state.approvals, view];
  return withApprovals(state, approvals);
}
