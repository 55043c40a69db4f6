import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pieces } from './highlight.ts';

const languages = ['sql', 'json', 'plain'] as const;

test('whatever the text, the pieces put together are the text', () => {
  const bits = fc.constantFrom(
    "'",
    '"',
    '--',
    '/*',
    '*/',
    '\n',
    '\\',
    'select',
    '12.5',
    '$$',
    '$a$',
    "E'",
    '⟨U+202E⟩',
    ' ',
    'é',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(bits, fc.string()), { maxLength: 40 }),
      fc.constantFrom(...languages),
      (parts, language) => {
        const text = parts.join('');
        expect(
          pieces(text, language)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      },
    ),
  );
});

test('what was made visible stands out wherever it hides: in a comment, in a string, alone', () => {
  for (const language of languages)
    for (const text of ['-- a⟨U+202E⟩b', "'a⟨U+200B⟩'", '"a⟨U+200B⟩b"', '⟨U+00A0⟩'])
      expect(pieces(text, language).filter(({ kind }) => kind === 'mark')).toHaveLength(1);
});

test('keywords, strings, numbers and comments of SQL are told apart', () => {
  expect(
    pieces("SELECT a, 'x''y' FROM t WHERE b = 4.2 -- why", 'sql').filter(({ kind }) => kind !== 'plain'),
  ).toEqual([
    { kind: 'keyword', text: 'SELECT' },
    { kind: 'string', text: "'x''y'" },
    { kind: 'keyword', text: 'FROM' },
    { kind: 'keyword', text: 'WHERE' },
    { kind: 'number', text: '4.2' },
    { kind: 'comment', text: '-- why' },
  ]);
});

test.each([
  ['SELECT $$--$$ DROP', ['$$--$$']],
  ['SELECT $a$ $$ -- $a$ DROP', ['$a$ $$ -- $a$']],
  ["SELECT E'\\' -- ' DROP", ["E'\\' -- '"]],
  ["SELECT 'x\\' DROP --'", ["'x\\'", "--'"]],
  ['/* /* */ DROP */ DROP', ['/* /* */ DROP */']],
  ["/* /* */ ' */ DROP --'", ["/* /* */ ' */", "--'"]],
  ['-- x\rDROP', ['-- x']],
  ['a$$ DROP --$$', ['--$$']],
])('what runs never looks like a comment or a string: %j', (text, quiet) => {
  const found = pieces(text, 'sql');
  expect(found.filter(({ kind }) => kind === 'comment' || kind === 'string').map((one) => one.text)).toEqual(
    quiet,
  );
  expect(found.some((one) => one.kind === 'keyword' && one.text === 'DROP')).toBe(true);
});

test('a long text takes no longer than its length', () => {
  for (const bit of ['$a$', '/*', "E'\\", '$', '"', '$b']) {
    const since = performance.now();
    pieces(bit.repeat(200_000), 'sql');
    expect(performance.now() - since).toBeLessThan(10_000);
  }
});
