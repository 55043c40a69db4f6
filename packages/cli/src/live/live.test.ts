import type { ApprovalId, ApprovalView } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { keysIn } from './keys.ts';
import { screen } from './screen.ts';
import { type LiveState, nothingYet, press, selectedIn, withApproval, withApprovals } from './state.ts';

const now = new Date('2026-11-20T10:00:05.000Z');
const idOf = (n: number) => `apr_${String(n).padStart(22, '0')}` as ApprovalId;

function approval(n: number, more: Partial<ApprovalView> & { sql?: string } = {}): ApprovalView {
  const { sql = `UPDATE orders SET n = ${n}`, ...rest } = more;
  return {
    id: idOf(n),
    call: `call_${String(n).padStart(22, '0')}` as ApprovalView['call'],
    state: 'waiting',
    digest: String(n).repeat(64).slice(0, 64) as ApprovalView['digest'],
    preview: {
      version: 1,
      connection: 'shop-db',
      protocol: 'postgres',
      input: [{ label: 'statement', text: sql }],
      effects: [],
      words: ['changes rows of public.orders'],
      impact: { count: 1, unit: 'rows', how: 'estimate', why: null },
      principal: 'agent:support',
      owner: null,
      onBehalfOf: null,
      run: 'run_7',
      purpose: null,
      notes: [],
    },
    asks: [{ approvers: ['dba'], votes: 1, reason: false, rules: ['a dba'], approved_by: [], met: false }],
    votes: [],
    comments: [],
    run_id: `run_${'0'.repeat(32)}` as ApprovalView['run_id'],
    tool: 'shop_db_query',
    siblings: [],
    created_at: '2026-11-20T10:00:00.000Z',
    vote_by: '2026-11-20T11:00:00.000Z',
    remind_at: null,
    start_by: null,
    now: '2026-11-20T10:00:05.000Z',
    may_vote: true,
    may_not_vote_code: null,
    may_not_vote_because: null,
    fresh_within: null,
    my_vote: null,
    may_comment: true,
    ...rest,
  };
}

const options = { width: 80, height: 60, paint: (_: unknown, text: string) => text, now };
/** As the loop does it: drawn after each change. */
const drawn = (state: LiveState, height = 60) => {
  const { seen, scrolled, lines, page } = screen(state, { ...options, height });
  return {
    state: { ...state, scrolled, seen: seen === null ? state.seen : new Set([...state.seen, seen]) },
    lines,
    page,
  };
};
const of = (...approvals: readonly ApprovalView[]) => drawn(withApprovals(nothingYet, approvals)).state;
const type = (state: LiveState, ...keys: readonly string[]) =>
  keys.reduce<ReturnType<typeof press>>(
    ({ state: at }, key) => {
      const pressed = press(at, keysIn(key), 10);
      return { ...pressed, state: drawn(pressed.state).state };
    },
    { state },
  );

describe('keys', () => {
  test.each([
    ['j', [{ typed: 'j' }]],
    ['\u001b[A\u001b[B', ['up', 'down']],
    ['\u001b', ['escape']],
    ['\u001b[200~', []],
    ['ä😀\u0007', [{ typed: 'ä' }, { typed: '😀' }]],
    ['\u0003', ['interrupt']],
    ['', []],
  ])('%j are %j', (data, keys) => {
    expect(keysIn(data)).toEqual(keys);
  });
});

describe('a vote', () => {
  test('approves on a then y, exactly the card that was looked at', () => {
    const { state, action } = type(of(approval(1), approval(2)), 'j', 'a', 'y');
    expect(action).toMatchObject({
      kind: 'vote',
      vote: 'approve',
      on: { id: idOf(2), digest: '2'.repeat(64) },
    });
    expect(state.mode.kind).toBe('looking');
  });

  test('is not cast by any other key after a, nor by keys that come at once', () => {
    expect(type(of(approval(1)), 'a', 'n').action).toBeUndefined();
    expect(type(of(approval(1)), 'a', '\r').action).toBeUndefined();
    expect(type(of(approval(1)), 'ay').action).toBeUndefined();
    expect(type(of(approval(1)), 'a', 'yy').action).toBeUndefined();
    expect(type(of(approval(1)), 'jjay').state.mode.kind).toBe('looking');
  });

  test('never 28: approves nothing whose end was not on the screen', () => {
    const long = approval(1, { sql: Array.from({ length: 80 }, (_, n) => `-- line ${n}`).join('\n') });
    let { state, page } = drawn(withApprovals(nothingYet, [long]), 24);
    state = press(state, keysIn('a'), page).state;
    expect(state).toMatchObject({ mode: { kind: 'looking' }, notice: expect.stringContaining('space') });
    for (let n = 0; n < 10; n++) ({ state, page } = drawn(press(state, keysIn(' '), page).state, 24));
    expect(press(state, keysIn('a'), page).state.mode.kind).toBe('sure');
  });

  test('rejects with what was typed, and approves with a reason where one is needed', () => {
    const rejected = type(of(approval(1)), 'r', 'not ', 'now', '\u007f', '!', '\r');
    expect(rejected.action).toMatchObject({ vote: 'reject', reason: 'not no!' });
    const asks = approval(1).asks.map((ask) => ({ ...ask, reason: true }));
    const needs = of(approval(1, { asks }));
    expect(type(needs, 'a', 'y', '\r')).toMatchObject({ state: { notice: 'It needs a few words.' } });
    expect(type(needs, 'a', 'y', 'seen', '\r').action).toMatchObject({ vote: 'approve', reason: 'seen' });
    expect(type(needs, 'r', '\u001b').action).toBeUndefined();
    expect(type(of(approval(1)), 'r', 'pasted\nwith y\n').action).toBeUndefined();
    expect(type(of(approval(1)), 'r', 'x'.repeat(5000), '\r').action).toMatchObject({
      reason: 'x'.repeat(1000),
    });
  });

  test('is not begun where one may not, or has, voted', () => {
    const own = approval(1, { may_vote: false, may_not_vote_because: 'It is yours.' });
    expect(type(of(own), 'a').state).toMatchObject({
      mode: { kind: 'looking' },
      notice: 'You may not vote on it: It is yours.',
    });
    expect(type(nothingYet, 'a', 'y').action).toBeUndefined();
  });

  test('never 1: that was begun on one card is never cast on what takes its place', () => {
    const asked = type(of(approval(1), approval(2)), 'a').state;
    const gone = withApproval(asked, approval(1, { state: 'approved' }));
    expect(gone).toMatchObject({
      selected: idOf(2),
      mode: { kind: 'looking' },
      notice: 'It no longer waits; nothing was sent.',
    });
    expect(type(gone, 'y').action).toBeUndefined();
    const writing = type(of(approval(1), approval(2)), 'r', 'because').state;
    expect(type(withApprovals(writing, [approval(2)]), '\r').action).toBeUndefined();
    // What comes in beside it changes nothing of what is being decided.
    const more = withApproval(asked, approval(3));
    expect(selectedIn(more)?.id).toBe(idOf(1));
    expect(type(more, 'y').action).toMatchObject({ on: { id: idOf(1) } });
  });
});

describe('the screen', () => {
  test('has exactly as many lines as the terminal, none wider, with the card that is selected', () => {
    const many = Array.from({ length: 40 }, (_, n) => approval(n + 1));
    for (const height of [10, 24, 60]) {
      const { lines } = screen(of(...many), { ...options, height });
      expect(lines).toHaveLength(height);
    }
    const { lines } = screen(of(...many), options);
    expect(lines[0]).toBe('40 wait for you');
    expect(lines.join('\n')).toContain('UPDATE orders SET n = 1');
    expect(lines.at(-1)).toContain('q leave');
  });

  test('never 28: nothing that anybody wrote steers it', () => {
    const hostile = 'x\u001b[2J\u001b]0;owned\u0007\r\u202e\u200b\n\u0085y';
    const state = of(
      approval(1, {
        sql: hostile,
        tool: hostile,
        comments: [{ id: 'evt_1' as never, person: hostile, text: hostile, at: '2026-11-20T10:00:00.000Z' }],
        votes: [{ person: hostile, vote: 'approve', reason: hostile, at: '2026-11-20T10:00:00.000Z' }],
        preview: {
          ...approval(1).preview,
          principal: hostile,
          connection: hostile,
          words: [hostile],
          run: hostile,
          purpose: hostile,
        },
      }),
    );
    const typed = type(state, 'r', '\u202e').state;
    const { lines } = screen({ ...typed, notice: hostile }, { ...options, height: 200 });
    expect(lines).toHaveLength(200);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('says what to expect where nothing waits', () => {
    expect(screen(nothingYet, options).lines.join('\n')).toContain(
      'Nothing waits. What comes is shown at once.',
    );
  });
});
