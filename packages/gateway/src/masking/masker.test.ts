import {
  type ColumnMask,
  type DetectorMask,
  type DetectorName,
  detectorNames,
  type MaskPlan,
  noMasks,
} from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { allDetectors } from './detectors/all.ts';
import { type MaskScope, makeMasker, makeMaskerWith } from './masker.ts';
import { carriesMask } from './replacements.ts';

const scope: MaskScope = { secret: new Uint8Array(32).fill(7), principal: 'agent:support', run: 'run-1' };

const column = (kind: ColumnMask['with'], domain = 'd'): ColumnMask => ({
  with: kind,
  columns: ['column:public.c.x'],
  domain,
  nulls: 'shown',
});
const detect = (kind: ColumnMask['with'], ...names: DetectorName[]): DetectorMask => ({
  with: kind,
  detect: names,
  names,
  domain: 'd',
});
const plan = (
  columns: MaskPlan['columns'],
  detectors: readonly DetectorMask[] = [],
  showErrors = true,
): MaskPlan => ({
  columns,
  detectors,
  showErrors,
});
const everything = detect('redact', ...detectorNames);

describe('columns', () => {
  test('null stays null, and a column without a mask is given back as it is', () => {
    const masker = makeMasker(plan([null, column('redact')]), scope);
    expect(masker.cell(0, 'x@y.com')).toBe('x@y.com');
    expect(masker.cell(1, null)).toBeNull();
    expect([masker.touches(0), masker.touches(1)]).toEqual([false, true]);
  });

  test('never 39: of what is computed from a protected value it is hidden whether it is null', () => {
    const masker = makeMasker(plan([{ ...column('redact'), nulls: 'hidden' }]), scope);
    expect([masker.cell(0, null), masker.cell(0, 'x')]).toEqual(['[redacted]', '[redacted]']);
  });

  test('redact hides the value, and its length', () => {
    const masker = makeMasker(plan([column('redact')]), scope);
    for (const value of ['', 'x', 'y'.repeat(1000)]) expect(masker.cell(0, value)).toBe('[redacted]');
  });

  test.each([
    ['4111111111114242', '••••4242'],
    ['12345678', '••••5678'],
    ['1234567', '••••'],
    ['', '••••'],
    ['aaaa😀😀😀😀', '••••😀😀😀😀'],
  ])('partial shows the last four of eight or more characters: %s', (value, masked) => {
    expect(makeMasker(plan([column('partial')]), scope).cell(0, value)).toBe(masked);
  });

  test.each([
    ['hash', /^\[hash:[a-p]{24}\]$/],
    ['tokenize', /^\[token:[a-p]{24}\]$/],
  ] as const)(
    '%s reads the same for the same value, within one principal, run and domain only',
    (kind, form) => {
      const mask = (domain: string, other: Partial<MaskScope> = {}, value = '123-45-6789') =>
        makeMasker(plan([column(kind, domain)]), { ...scope, ...other }).cell(0, value);
      const one = mask('d');
      expect(one).toMatch(form);
      expect(mask('d')).toBe(one);
      const others = [
        mask('e'),
        mask('d', { principal: 'agent:other' }),
        mask('d', { run: 'run-2' }),
        mask('d', { secret: new Uint8Array(32) }),
        mask('d', {}, '123-45-6780'),
      ];
      expect(new Set([one, ...others]).size).toBe(6);
    },
  );

  test('a column the plan does not know is redacted', () => {
    const masker = makeMasker(plan([null]), scope);
    expect(masker.cell(1, 'x')).toBe('[redacted]');
    expect(masker.touches(1)).toBe(true);
    expect(makeMasker(noMasks, scope).cell(0, 'x')).toBe('[redacted]');
  });
});

describe('detectors', () => {
  test('every value is replaced where it stands', () => {
    const masker = makeMasker(plan([null], [everything]), scope);
    expect(masker.touches(0)).toBe(true);
    expect(masker.cell(0, 'mail ada@example.com, card 4111 1111 1111 1111.')).toBe(
      'mail [redacted], card [redacted].',
    );
    expect(masker.cell(0, '{"email":"ada@example.com","n":3}')).toBe('{"email":"[redacted]","n":3}');
    expect(masker.cell(0, 'nothing to see')).toBe('nothing to see');
  });

  test('where two overlap the strictest applies to both', () => {
    const masker = makeMasker(plan([null], [detect('partial', 'phone'), detect('redact', 'email')]), scope);
    expect(masker.cell(0, '+12125550123@example.com')).toBe('[redacted]');
    expect(masker.cell(0, '+1 212 555 0123, ada@example.com')).toBe('••••0123, [redacted]');
  });

  test('a masked column hides the value whole, whatever the detectors say', () => {
    expect(makeMasker(plan([column('redact')], [everything]), scope).cell(0, 'ada@example.com or so')).toBe(
      '[redacted]',
    );
  });

  test('an error text goes through the detectors, or is hidden where the plan says so', () => {
    const text = 'duplicate key: (email)=(ada@example.com)';
    expect(makeMasker(plan([], [everything]), scope).message(text)).toBe(
      'duplicate key: (email)=([redacted])',
    );
    expect(makeMasker(plan([]), scope).message(text)).toBe(text);
    expect(makeMasker(plan([], [everything], false), scope).message(text)).toBeNull();
  });

  test('never 41: a detector that fails hides the whole value', () => {
    const failing = {
      ...allDetectors,
      email: () => {
        throw new Error('ada@example.com');
      },
    };
    const masker = makeMaskerWith(failing, plan([null], [detect('redact', 'email')]), scope);
    expect(masker.cell(0, 'harmless')).toBe('[redacted]');
    expect(masker.message('harmless')).toBe('[redacted]');
  });

  test('never 41: a cell too long to scan is hidden', () => {
    expect(makeMasker(plan([null], [everything]), scope).cell(0, 'x'.repeat(16 * 1024 * 1024 + 1))).toBe(
      '[redacted]',
    );
  });
});

const sensitive = fc.constantFrom(
  'ada@example.com',
  '4111 1111 1111 1111',
  '5555555555554444',
  'DE89370400440532013000',
  '123-45-6789',
  '+49 30 1234567',
  '192.168.0.1',
  '2001:db8::1',
  ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxIn0', 'c2ln'].join('.'),
  ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
);
const hostile = fc
  .array(
    fc.oneof(
      sensitive,
      fc.string(),
      fc.constantFrom('@', '.', '-', ' ', '1', '+', ':', '"', '[', '%40', 'eyJ', '::', '0.'),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('whatever the text', () => {
  const kinds = ['redact', 'hash', 'tokenize', 'partial'] as const;
  test.each(kinds)('no value a detector finds survives, and masking twice is masking once: %s', (kind) => {
    const masker = makeMasker(plan([null], [detect(kind, ...detectorNames)]), scope);
    fc.assert(
      fc.property(hostile, (text) => {
        const masked = masker.cell(0, text) ?? '';
        for (const name of detectorNames) expect(allDetectors[name](masked)).toEqual([]);
        expect(masker.cell(0, masked)).toBe(masked);
      }),
      { numRuns: 300 },
    );
  });

  test('a value between blanks is gone', () => {
    const masker = makeMasker(plan([null], [everything]), scope);
    fc.assert(
      fc.property(fc.string(), sensitive, fc.string(), (before, value, after) => {
        expect(masker.cell(0, `${before} ${value} ${after}`)).not.toContain(value);
      }),
    );
  });
});

test('never 40: a text that carries a mask can be told, percent-encoded too', () => {
  for (const kind of ['redact', 'hash', 'tokenize', 'partial'] as const)
    for (const written of [(mask: string) => mask, encodeURIComponent]) {
      const mask = makeMasker(plan([column(kind)]), scope).cell(0, '123-45-6789') ?? '';
      expect(carriesMask(`x ${written(mask)} y`)).toBe(true);
    }
  expect(carriesMask('nothing [hash:tag] of the kind ...')).toBe(false);
});
