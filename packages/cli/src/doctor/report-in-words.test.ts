import { PassThrough } from 'node:stream';
import { fine, problem, warning } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { Channel } from '../terminal/terminal.ts';
import { reportOf } from './report.ts';
import { reportInWords, totalInWords } from './report-in-words.ts';

const plain = new Channel(new PassThrough(), {});
const coloured = new Channel(Object.assign(new PassThrough(), { isTTY: true, columns: 60 }), {});

const report = reportOf(true, [
  { about: 'versions', findings: [fine('node.version', 'Node 26.10.0')] },
  { about: 'nothing to say', findings: [] },
  {
    about: 'connection shop-db',
    findings: [
      problem(
        'login.strength',
        'the login (postgres) is a superuser: nothing at the server holds it back',
        'Make a role that owns nothing and is granted only what calls need, and put it into the URL.',
      ),
      warning('target.pooler', 'a pooler named \u001b[31mred', 'Connect to the server itself.'),
    ],
  },
]);

describe('a report', () => {
  test('has a mark, a word and what to do, in lines that fit', () => {
    expect(reportInWords(report, plain)).toEqual([
      'versions',
      '  ✓ ok       Node 26.10.0',
      '',
      'connection shop-db',
      '  ✗ problem  the login (postgres) is a superuser: nothing at the server holds it',
      '             back',
      '             → Make a role that owns nothing and is granted only what calls',
      '               need, and put it into the URL.',
      '  ! warning  a pooler named ⟨U+001B⟩[31mred',
      '             → Connect to the server itself.',
    ]);
    expect(totalInWords(report)).toBe('1 problem, 1 warning, 1 ok');
  });

  test('has colours only on a terminal that wants them', () => {
    expect(reportInWords(report, plain).join('')).not.toContain('\u001b');
    expect(reportInWords(report, coloured)[1]).toContain('\u001b[32m  ✓ ok');
  });

  test('takes the worst of all findings for its own', () => {
    expect(report.verdict).toBe('problem');
    expect(report.sections.map(({ about }) => about)).toEqual(['versions', 'connection shop-db']);
    expect(reportOf(true, []).verdict).toBe('ok');
  });
});
