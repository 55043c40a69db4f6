import { type LedgerEvent, type LedgerLine } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { eventInWords } from './event-in-words.ts';

type EventLine = Extract<LedgerLine, { readonly index: number }>;

function told(event: Partial<LedgerEvent>, disclosed: EventLine['disclosed'] = {}, width = 90): string {
  const whole: LedgerEvent = {
    v: 1,
    id: 'evt_0123456789abcdefghijkm',
    at: '2026-11-20T11:20:59.000Z',
    type: 'call.allowed',
    actor: 'agent:support',
    call: 'call_0123456789abcdefghijkm',
    run: 'run_1',
    data: { connection: 'shop-db', code: 'allowed' },
    commitments: {},
    ...event,
  };
  const line = { index: 3, event: JSON.stringify(whole), disclosed };
  return eventInWords(line, { paint: (_, text) => text, width, ids: false }).join('\n');
}

const record = (sql: string) => ({
  record: { salt: '', content: JSON.stringify({ input: { sql }, purpose: null }) },
});

describe('an event in words', () => {
  test('says when, who, and what happened, and what was asked where that is disclosed', () => {
    expect(told({}, record('SELECT 1\n  FROM t'))).toBe(
      [
        '   3  11:20:59  agent:support     asks to run on shop-db, and may',
        '                                  SELECT 1 FROM t',
      ].join('\n'),
    );
  });

  test('tells a denial at the claim from a denial at the start', () => {
    const denied = { type: 'call.denied', data: { connection: 'shop-db', code: 'no_rule' } };
    expect(told(denied, record('SELECT 1'))).toContain('asks to run on shop-db, and may not: no_rule');
    expect(told({ ...denied, data: { code: 'policy_tightened' } })).toContain(
      'support     may not: policy_tightened',
    );
  });

  test('a type that is not known speaks for itself', () => {
    expect(told({ type: 'moon.landed_on', data: {} })).toContain('moon landed on');
  });

  test.each([
    ['run.parked', 'parks the run'],
    ['run.unparked', 'takes the parked run'],
    ['run.renewed', 'still has the parked run'],
    ['run.released', 'gives the parked run back'],
    ['run.finished', 'its state is erased'],
  ])('%s is told as what became of the parked run', (type, words) => {
    expect(told({ type, call: null, data: { parked: 'park_0123456789abcdefghijkm' } })).toContain(words);
  });

  test('never 28: what was written steers no terminal, and nothing of it is cut', () => {
    const words = Array.from({ length: 60 }, (_, index) => `w${index}`).join(' ');
    const shown = told(
      {},
      { ...record(`${words} \u001b[2J\u202e`), reason: { salt: '', content: 'no\u001b]0;x' } },
    );
    for (const word of words.split(' ')) expect(shown).toContain(word);
    expect(shown).toContain('⟨U+001B⟩[2J⟨U+202E⟩');
    expect(shown).not.toContain('\u001b');
  });

  test('an event that can’t be read is still a line', () => {
    const [line = ''] = eventInWords(
      { index: 4, event: '{}' },
      { paint: (_, text) => text, width: 80, ids: true },
    );
    expect(line).toContain('   4  an event of a form that is not known here');
  });
});
