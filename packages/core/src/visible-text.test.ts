import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { visibleLine, visibleText } from './visible-text.ts';

/** Escapes only, so that this file itself holds nothing that can't be seen. */
describe('never 28: what an agent wrote is seen as it is', () => {
  test.each([
    ['a right-to-left override', 'a\u202eb', 'a⟨U+202E⟩b'],
    ['bidi isolates', '\u2066x\u2069', '⟨U+2066⟩x⟨U+2069⟩'],
    ['a zero-width space', 'dr\u200bop', 'dr⟨U+200B⟩op'],
    ['a soft hyphen', 'a\u00adb', 'a⟨U+00AD⟩b'],
    ['a byte order mark', '\ufeffselect', '⟨U+FEFF⟩select'],
    ['an escape', '\u001b[2Jx', '⟨U+001B⟩[2Jx'],
    ['a carriage return', 'a\rb', 'a⟨U+000D⟩b'],
    ['a backspace', 'a\bb', 'a⟨U+0008⟩b'],
    ['NUL', 'a\0b', 'a⟨U+0000⟩b'],
    ['DEL', 'a\u007fb', 'a⟨U+007F⟩b'],
    ['a line separator', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['next line', 'a\u0085b', 'a⟨U+0085⟩b'],
    ['a no-break space', 'a\u00a0b', 'a⟨U+00A0⟩b'],
    ['an ideographic space', 'a\u3000b', 'a⟨U+3000⟩b'],
    ['a Hangul filler', 'a\u3164b', 'a⟨U+3164⟩b'],
    ['a blank braille cell', 'a\u2800b', 'a⟨U+2800⟩b'],
    ['a tag', 'a\u{e0041}b', 'a⟨U+E0041⟩b'],
    ['a variation selector', 'a\ufe0fb', 'a⟨U+FE0F⟩b'],
    ['a lone surrogate', 'a\ud800b', 'a⟨U+D800⟩b'],
    ['private use', 'a\ue000b', 'a⟨U+E000⟩b'],
  ])('invisible: %s', (_what, text, seen) => {
    expect(visibleText(text)).toBe(seen);
  });

  test.each([
    ['a Cyrillic letter in an ASCII word', 'p\u0430ypal', 'p\u0430⟨U+0430⟩ypal'],
    ['a whole word of them', '\u0430\u0441', '\u0430⟨U+0430⟩\u0441⟨U+0441⟩'],
    ['a Greek letter that is in no list', 'orde\u03b4', 'orde\u03b4⟨U+03B4⟩'],
    ['Lisu capitals', '\ua4d3\ua4e3', '\ua4d3⟨U+A4D3⟩\ua4e3⟨U+A4E3⟩'],
    ['a dotless i', 'l\u0131st', 'l\u0131⟨U+0131⟩st'],
    ['wide letters', '\uff44\uff52', '\uff44⟨U+FF44⟩\uff52⟨U+FF52⟩'],
    ['mathematical letters', '\u{1d41d}', '\u{1d41d}⟨U+1D41D⟩'],
    ['a ligature', '\ufb01x', '\ufb01⟨U+FB01⟩x'],
    ['a wide digit', '1\uff12', '1\uff12⟨U+FF12⟩'],
    ['a wide semicolon', 'a\uff1bb', 'a\uff1b⟨U+FF1B⟩b'],
    ['a Greek question mark', 'a\u037eb', 'a\u037e⟨U+037E⟩b'],
    ['a quote that is none', "= \u2019x'", "= \u2019⟨U+2019⟩x'"],
    ['a minus that is no hyphen', '\u2212\u2212 x', '\u2212⟨U+2212⟩\u2212⟨U+2212⟩ x'],
    ['a division slash', 'a \u2215 b', 'a \u2215⟨U+2215⟩ b'],
    ['our own brackets', '\u27e8U+202E\u27e9', '\u27e8⟨U+27E8⟩U+202E\u27e9⟨U+27E9⟩'],
  ])('passing for ASCII: %s', (_what, text, seen) => {
    expect(visibleText(text)).toBe(seen);
  });

  test.each([
    "select 'it''s' from t; -- \t\n",
    'Stra\u00dfe, caf\u00e9, na\u00efve, \u0159eka',
    '\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440',
    '\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03c3\u03b1\u03c2',
    'API\u7d4c\u7531\u3067REFUND',
    '\u6ce8\u6587 1042',
    'don\u2019t',
    '20 \u20ac \u2014 \u00bd \u2026',
    '\u05e9\u05dc\u05d5\u05dd',
    '\u{1f600}',
  ])('honest text stays: %s', (text) => {
    expect(visibleText(text)).toBe(text);
  });

  test('nothing is cut, and no two texts look the same', () => {
    const parts = fc.constantFrom(
      'a',
      'drop',
      '\u0430',
      '\u202e',
      '\u200b',
      '\u27e8',
      '\u27e9',
      'U+202E',
      '\uff44',
      "'",
      '\u2019',
      ' ',
      '\n',
      '\ud800',
      '0',
    );
    const texts = fc.array(parts, { maxLength: 10 }).map((list) => list.join(''));
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(visibleText(a) === visibleText(b)).toBe(a === b);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const seen = visibleText(text);
        expect(seen.length).toBeGreaterThanOrEqual(text.length);
        expect(seen).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  test('long text costs no more than its length', () => {
    for (const unit of ['\u0430', 'a\u2019', '\u202e', 'a\u0430 ', '\u2019']) {
      const start = performance.now();
      visibleText(unit.repeat(200_000));
      expect(performance.now() - start).toBeLessThan(15_000);
    }
  });
});

test('never 28: a name begins no line of its own, and what was made visible before stays as it is', () => {
  const name = 'a\nb\tc\u202ed\u2028e';
  expect(visibleLine(name)).toBe('a⟨U+000A⟩b⟨U+0009⟩c⟨U+202E⟩d⟨U+2028⟩e');
  expect(visibleLine(visibleLine(visibleText(name)))).toBe(visibleLine(name));
  expect(visibleLine('über α')).toBe('über α');
});
