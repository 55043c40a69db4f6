import { CountersignError } from '@countersign/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Major, supportedMajors } from '../major.ts';
import { Parser } from './parser.ts';
import { splitStatements } from './split.ts';

const parser = new Parser({ deadlineMs: 1000 });
afterAll(() => parser.close());

/** The denial of a text, or the number of its statements. */
async function verdict(sql: string, major: Major = 18): Promise<string | number> {
  try {
    return (await parser.parse(sql, major)).length;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return `${error.code}: ${error.details.what}`;
  }
}

describe('the parser', () => {
  test.each(supportedMajors)('reads SQL by the grammar of %s', async (major) => {
    expect(await verdict('select 1; select 2', major)).toBe(2);
    expect(await verdict('selec', major)).toBe('parse_failed: syntax error at or near "selec"');
  });

  test('keeps the grammars apart', async () => {
    const json = "select json_value('1', '$')";
    const kind = async (major: Major) => JSON.stringify(await parser.parse(json, major));
    expect(await kind(18)).toContain('JsonFuncExpr');
    expect(await kind(15)).toContain('FuncCall');
  });

  test('refuses what follows a NUL unseen', async () => {
    expect(await verdict('select 1\0; drop table orders')).toBe('malformed: a NUL character');
  });

  test('refuses a lone surrogate', async () => {
    expect(await verdict("select '\ud800'")).toBe('malformed: a lone surrogate');
  });

  test('refuses more than a megabyte', async () => {
    expect(await verdict(`select '${'x'.repeat(1_100_000)}'`)).toBe(
      'too_large: a statement of 1100009 bytes',
    );
  });

  test('reads a large text in the worker', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `(${i}, 'name ${i}')`).join(', ');
    expect(await verdict(`insert into t values ${rows}`)).toBe(1);
    expect(await verdict(`insert into t valuess ${rows}`)).toMatch(/^parse_failed: syntax error/);
  });

  test('survives forty bombs in place, and ten in the worker', async () => {
    for (let i = 0; i < 40; i++) {
      if (i % 4 === 0) expect(await verdict(`select 1${'+1'.repeat(20_000)}`)).toMatch(/^too_large: /);
      expect(await verdict(`select 1${'+1'.repeat(4_000)}`)).toMatch(/^too_large: /);
    }
    expect(await verdict('select 1')).toBe(1);
    expect(await verdict(`select '${'x'.repeat(10_000)}'`)).toBe(1);
  }, 30_000);

  test.each([
    ['parentheses', `select ${'('.repeat(3000)}1${')'.repeat(3000)}`],
    ['NOT', `select ${'not '.repeat(1900)}true`],
    ['casts', `select 1${'::int'.repeat(1500)}`],
    ['UNION', `select 1${' union select 1'.repeat(500)}`],
    ['subqueries', `${'select (select '.repeat(500)}1${')'.repeat(500)}`],
    ['CASE', `select ${'case when true then '.repeat(300)}1${' end'.repeat(300)}`],
    ['function calls', `select ${'abs('.repeat(1500)}1${')'.repeat(1500)}`],
  ])('answers deep %s in order', async (_what, sql) => {
    expect(await verdict(sql)).not.toBe('');
    expect(await verdict('select 1')).toBe(1);
  });

  test('gives up on a text that takes too long, and goes on', async () => {
    expect(await verdict('/*'.repeat(100_000))).toBe('too_large: a statement too deep or too slow to parse');
    expect(await verdict(`select '${'x'.repeat(10_000)}'`)).toBe(1);
  });

  test('gives an answer to any text, and stays alive', async () => {
    const pieces = fc.constantFrom(
      ...'select from where ( ) [ ] { } , ; -- /* */ $$ $a$ \' " E\' U&" :: := . * + - || 1 1.5e9 0x :a $1 é 𝄞 \u00a0 \ufeff \u202e with as insert into values'.split(
        ' ',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(' ')),
        ),
        fc.constantFrom(...supportedMajors),
        async (sql, major) => {
          expect(await verdict(sql, major)).not.toBe('');
          expect(await verdict('select 1', major)).toBe(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('splits at the statements, whatever characters stand before and in them', async () => {
    const literal = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !text.includes('\0') && text.isWellFormed())
      .map((text) => `select '${text.replaceAll("'", "''")}' as x`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(literal, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...supportedMajors),
        async (statements, major) => {
          const sql = statements.join(';');
          expect(splitStatements(sql, await parser.parse(sql, major))).toEqual(statements);
        },
      ),
      { numRuns: 60 },
    );
  });
});
