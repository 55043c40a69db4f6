import { noMasks } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { makeMasker } from '../../masking/masker.ts';
import { TextLines } from './text-lines.ts';

const masker = makeMasker(
  {
    ...noMasks,
    columns: [null],
    detectors: [{ with: 'redact', detect: ['email', 'private_key'], names: [], domain: 'd' }],
  },
  { secret: new Uint8Array(32), principal: 'agent:a', run: 'r' },
);
const clean = (text: string) => masker.cell(0, text) ?? '';

function through(pieces: readonly (string | Buffer)[]): readonly string[] {
  const lines = new TextLines(clean);
  return [...pieces.map((piece) => lines.push(Buffer.from(piece as string))), lines.end()].map(String);
}

const key = ['-----BEGIN RSA PRIVATE KEY-----', 'MIIB', 'AAAA', '-----END RSA PRIVATE KEY-----'].join('\n');

describe('never 41: a text that comes in pieces', () => {
  test('goes on line by line, and the rest at the end', () => {
    expect(through(['one\ntw', 'o\nthree'])).toEqual(['one\n', 'two\n', 'three']);
  });

  test('hides what is cut by a piece', () => {
    for (let at = 0; at < 'to p@x.example now\n'.length; at++) {
      const text = 'to p@x.example now\n';
      expect(through([text.slice(0, at), text.slice(at)]).join('')).toBe('to [redacted] now\n');
    }
  });

  test.each([1, 7, 40, 500])('hides a private key, in pieces of %i bytes', (size) => {
    const text = `before\n${key}\nbetween\n${key}\nafter\n`;
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    const left = through(pieces).join('');
    expect(left).not.toMatch(/MIIB|AAAA/);
    expect(left).toContain('before\n[redacted]\nbetween\n');
    expect(left.endsWith('after\n')).toBe(true);
  });

  test('hides a key that never ends', () => {
    expect(through([`a\n${key.slice(0, -40)}`, '\nmore\n']).join('')).toBe('a\n[redacted]');
  });

  test('leaves bytes that are no text as they are', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0x80, 0xc3]);
    const lines = new TextLines(clean);
    expect(Buffer.concat([lines.push(bytes), lines.end()]).equals(bytes)).toBe(true);
  });

  test('finds what stands among them', () => {
    expect(
      through([Buffer.concat([Buffer.from([0xff, 0x20]), Buffer.from('p@x.example\n')])]).join(''),
    ).not.toContain('p@x');
  });

  test('does not grow without end', () => {
    const lines = new TextLines(clean);
    lines.push(Buffer.alloc(1024 * 1024, 'x'));
    expect(() => lines.push(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'result_too_large' }));
  });
});
