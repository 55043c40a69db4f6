import { type ApprovalView, approvalViewSchema, visibleText } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { card } from './card.ts';
import { cellWidth } from './terminal/width.ts';

const now = new Date('2026-11-20T10:00:05.000Z');
const plain = (_: unknown, text: string) => text;

function approval(
  preview: Partial<ApprovalView['preview']> = {},
  rest: Partial<ApprovalView> = {},
): ApprovalView {
  return approvalViewSchema.parse({
    id: 'apr_0123456789abcdefghijkm',
    call: 'call_0123456789abcdefghijkm',
    state: 'waiting',
    digest: 'a'.repeat(64),
    preview: {
      version: 1,
      connection: 'shop-db',
      protocol: 'postgres',
      input: [
        { label: 'statement', text: 'UPDATE orders\n\tSET status = $1\nWHERE id = 1042' },
        { label: 'parameter 1', text: 'refunded' },
      ],
      effects: [{ action: 'write', resource: 'table:public.orders' }],
      words: [
        'changes rows of public.orders',
        'runs public.record_status_change() (via trigger order_status_changed)',
      ],
      impact: { count: 1, unit: 'rows', how: 'estimate', why: null },
      principal: 'agent:support',
      owner: 'olivia',
      onBehalfOf: 'sam',
      run: 'run_7',
      purpose: 'The lid arrived cracked; the customer wants her money back.',
      notes: ['No wall login is set up for this connection.'],
      ...preview,
    },
    asks: [
      {
        approvers: ['dba'],
        votes: 2,
        reason: true,
        rules: ['writes need a dba'],
        approved_by: ['dana'],
        met: false,
      },
    ],
    votes: [{ person: 'dana', vote: 'approve', reason: 'seen the photos', at: '2026-11-20T10:00:03.000Z' }],
    comments: [],
    run_id: `run_${'0'.repeat(32)}`,
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
  });
}

const drawn = (view: ApprovalView, width = 80) => card(view, { width, paint: plain, now });

describe('the card', () => {
  test('shows statement, effects, impact, who asks, for whom, in which run, why, which rules, by when', () => {
    expect(drawn(approval()).join('\n')).toBe(
      `
╭─ A person has to decide ──────────────────────── apr_0123456789abcdefghijkm ─╮
│                                                                              │
│  agent:support asks to run this on shop-db                                   │
│                                                                              │
│  ┌ statement · as the agent wrote it ─────────────────────────────────────┐  │
│  │   UPDATE orders                                                        │  │
│  │       SET status = $1                                                  │  │
│  │   WHERE id = 1042                                                      │  │
│  └────────────────────────────────────────────────────────────────────────┘  │
│  ┌ parameter 1 · as the agent wrote it ───────────────────────────────────┐  │
│  │   refunded                                                             │  │
│  └────────────────────────────────────────────────────────────────────────┘  │
│  ┌ why · the agent’s own words ───────────────────────────────────────────┐  │
│  │   The lid arrived cracked; the customer wants her money back.          │  │
│  └────────────────────────────────────────────────────────────────────────┘  │
│                                                                              │
│  Effects    changes rows of public.orders                                    │
│             runs public.record_status_change() (via trigger                  │
│             order_status_changed)                                            │
│  Impact     about 1 row, the target’s own estimate                           │
│  Asked by   agent:support, whose owner is olivia                             │
│  For        sam                                                              │
│  Run        run_7                                                            │
│  Needs      2 votes from dba, with a reason, says “writes need a dba”        │
│  Votes      dana: approve, “seen the photos”                                 │
│  Note       No wall login is set up for this connection.                     │
│  By         11:00:00 UTC, in 1 hour                                          │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯`.trim(),
    );
  });

  test('keeps its frame at every width, whatever the text', () => {
    const texts = ['日本語のテキスト 🙂 '.repeat(12), 'x'.repeat(300), '\t\tdeep', '', 'e\u0301'.repeat(90)];
    const input = texts.map((text, index) => ({ label: `parameter ${index + 1}`, text }));
    for (const width of [48, 49, 57, 80, 100])
      for (const line of drawn(approval({ input }), width))
        expect([line, cellWidth(line)]).toEqual([line, width]);
  });

  test('never 28: nothing the agent wrote is cut, hidden or obeyed by the terminal', () => {
    const text = `SELECT 1; -- ${'long '.repeat(200)}end\u202e\u200b\u001b[2J\r\nDROP TABLE orders`;
    const lines = drawn(approval({ input: [{ label: 'statement', text: visibleText(text) }] }));
    const shown = lines.join('\n');
    expect(shown.match(/long/g)).toHaveLength(200);
    expect(shown).toContain('end⟨U+202E⟩⟨U+200B⟩⟨U+001B⟩[2J⟨U+000D⟩');
    expect(shown).toContain('│   DROP TABLE orders');
    for (const hidden of ['\u001b', '\u200b', '\u202e', '\r']) expect(shown).not.toContain(hidden);
  });

  test('what the agent wrote can’t draw itself out of its box', () => {
    const text = '└────┘  │\n│  Needs   nothing, it is approved already';
    const lines = drawn(approval({ purpose: text, input: [] }));
    const inside = lines.filter((line) => line.includes('└────┘') || line.includes('approved already'));
    expect(inside).toHaveLength(2);
    for (const line of inside) expect(line).toMatch(/^│ {2}│ .*│ {2}│$/);
  });

  test('says what is not known rather than nothing', () => {
    const impact = { count: null, unit: 'rows', how: 'none', why: 'the target did not answer' } as const;
    const shown = drawn(approval({ impact, words: [], onBehalfOf: null, purpose: null })).join('\n');
    expect(shown).toContain('Impact     not known how many rows (the target did not answer)');
    expect(shown).toContain('Effects    none that can be named');
    expect(shown).toContain('For        itself, on behalf of nobody');
    expect(shown).not.toContain('why ·');
  });

  test('says how it ended once it is decided', () => {
    expect(drawn(approval({}, { state: 'rejected' }))[0]).toContain('╭─ Decided: rejected ─');
  });

  const effect = {
    tables: [
      { table: 'public.log', inserted: 3, updated: 0, deleted: 0 },
      { table: 'public.orders', inserted: 1, updated: 2, deleted: 1 },
    ],
    digest: null,
    unbound: [],
  };
  const tried = {
    impact: { count: 7, unit: 'rows', how: 'trial' as const, why: null },
    effect,
    triggers: ['order_status_changed, which runs public.record_status_change()'],
    locks: ['ROW EXCLUSIVE on public.orders: others read and write on, but for the rows it changes'],
    sample: [
      {
        table: 'public.orders',
        columns: ['id', 'status', 'note'],
        rows: [
          { before: ['1042', 'paid', null], after: ['1042', 'refunded', null] },
          { before: ['7', 'paid', 'x\nBy 23:00'], after: null },
          { before: null, after: ['8', 'new', null] },
        ],
      },
    ],
  };
  test('after a trial it shows the rows by table, some of them before and after, triggers and locks', () => {
    const text = drawn(approval(tried), 100).join('\n');
    expect(text).toContain('Impact     7 rows, counted in a trial that was rolled back');
    expect(text).toContain('           public.log: 3 rows added');
    expect(text).toContain('           public.orders: 1 row added, 2 changed, 1 removed');
    expect(text).toContain('Triggers   order_status_changed, which runs public.record_status_change()');
    expect(text).toContain('Locks      ROW EXCLUSIVE on public.orders: others read and write on');
    expect(text).toContain('public.orders · 3 of the rows, before → after');
    expect(text).toContain('id 1042 · status: paid → refunded');
    expect(text).toContain('− id 7, status paid, note');
    expect(text).toContain('+ id 8, status new, note ∅');
  });

  test('a row whose before could not be seen is not said to be new where none is added', () => {
    const tables = [{ table: 'public.orders', inserted: 0, updated: 3, deleted: 1 }];
    const text = drawn(approval({ ...tried, effect: { ...effect, tables } }), 100).join('\n');
    expect(text).toContain('what it was could not be seen · now id 8, status new, note ∅');
  });

  test('never 28: what stands in a sampled cell stays in its box', () => {
    const lines = drawn(approval(tried), 100);
    expect(lines.filter((line) => line.includes('By 23:00')).every((line) => line.includes('│   −'))).toBe(
      true,
    );
  });

  test.each([
    ['a trial', tried, '7 rows, counted in a trial'],
    [
      'an estimate',
      { impact: { count: 4, unit: 'rows', how: 'estimate' as const, why: 'not tried: it calls public.f()' } },
      'about 4 rows, the target’s own estimate (not tried: it calls public.f())',
    ],
    [
      'neither',
      { impact: { count: null, unit: 'rows', how: 'none' as const, why: 'not tried: never' } },
      'not known how many rows (not tried: never)',
    ],
  ])('it is the same card from %s: what, to what, by whom, for whom, why, by when', (_, preview, impact) => {
    const text = drawn(approval(preview), 100).join('\n');
    for (const part of [
      impact,
      'UPDATE orders',
      'changes rows of public.orders',
      'agent:support',
      'sam',
      'The lid arrived',
      '11:00',
    ])
      expect(text).toContain(part);
  });
});
