import { type MaskPlan, noMasks } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pathMasks } from '../../masking/json-paths.ts';
import { makeMasker } from '../../masking/masker.ts';
import { maskObject, type ObjectMasks, redactedBytes } from './mask.ts';

const scope = { secret: new Uint8Array(32), principal: 'agent:a', run: 'r' };
const emails: MaskPlan = {
  ...noMasks,
  columns: [null],
  detectors: [{ with: 'redact', detect: ['email', 'credit_card', 'api_key'], names: [], domain: 'd' }],
};
const masker = makeMasker(emails, scope);
const none: ObjectMasks = { clean: null, paths: [], secrets: false, token: false, event: false };
const detect = { ...none, clean: (text: string) => masker.cell(0, text) ?? '' };
const at = (path: string): ObjectMasks => ({
  ...none,
  paths: pathMasks([{ with: 'redact', paths: [path], domain: 'd' }], scope),
});
const secrets = { ...none, secrets: true };
const applied = 'kubectl.kubernetes.io/last-applied-configuration';
const b64 = (text: string) => Buffer.from(text).toString('base64');

test('what nothing hides is left byte for byte', () => {
  const text =
    ' { "kind" : "Pod" , "n":12345678901234567890, "x":1.0e3,"x":2, "b":[ true,false , null, {} , [] ],\n"c":"\\u00e9\\/x" } \n';
  expect(maskObject(text, none)).toBe(text);
  expect(maskObject(text, detect)).toBe(text);
  expect(maskObject(text, secrets)).toBe(text);
});

test('whatever the JSON', () => {
  const same = { ...none, clean: (text: string) => text, secrets: true };
  const spaced = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(fc.jsonValue(), spaced, (value, space) => {
      const text = JSON.stringify([value, { metadata: value }], null, space);
      expect(maskObject(text, same)).toBe(text);
    }),
  );
});

test.each([
  '',
  '{',
  '[',
  '[1',
  '[1,',
  '[1 2]',
  '[1}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '"a',
  '"a\\',
  'text',
  '[]x',
  '[nul]',
])('%j is no JSON', (text) => {
  expect(() => maskObject(text, secrets)).toThrow(SyntaxError);
});

test('what is no JSON, or too deep, is not shown', () => {
  for (const text of ['', '{', 'text', `${'['.repeat(300)}${']'.repeat(300)}`])
    expect(() => maskObject(text, none)).toThrow(SyntaxError);
});

describe('never 38: the values of a Secret are hidden', () => {
  const value = b64('hunter2!x');
  const secret = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 'db', resourceVersion: '7', annotations: { [applied]: '' } },
    data: { password: value, empty: null },
    stringData: { other: 'hunter2!x' },
    type: 'Opaque',
  };
  const kept = {
    ...secret,
    metadata: { ...secret.metadata, annotations: { [applied]: JSON.stringify(secret) } },
  };
  const { kind: _, ...unnamed } = kept;
  const table = { kind: 'Table', rows: [{ cells: ['db', 'Opaque', 1], object: kept }] };
  test.each([
    ['by itself', kept, secrets],
    ['by what it calls itself', kept, none],
    ['in a list, whose items have no kind', { kind: 'SecretList', items: [unnamed, unnamed] }, secrets],
    ['in a list of many kinds', { kind: 'List', items: [kept] }, none],
    ['in an event', { type: 'ADDED', object: kept }, { ...secrets, event: true }],
    ['in an event of a table', { type: 'ADDED', object: table }, { ...secrets, event: true }],
    ['instead of an event', kept, { ...secrets, event: true }],
    ['in a list instead of an event', { kind: 'SecretList', items: [unnamed] }, { ...secrets, event: true }],
    ['in a table', table, secrets],
    ['within another object', { kind: 'Manifest', spec: { all: [{ deep: kept }] } }, none],
    [
      'in what was applied before',
      { kind: 'X', metadata: { annotations: { [applied]: JSON.stringify(kept) } } },
      none,
    ],
    ['as a list instead of a map', { kind: 'Secret', data: [value], stringData: 'hunter2!x' }, none],
    ['nested where there should be a text', { kind: 'Secret', data: { a: { b: value } } }, none],
  ])('%s', (_title, object, masks) => {
    const text = JSON.stringify(object);
    const masked = maskObject(text, masks);
    expect(masked).not.toContain('hunter2!x');
    expect(masked).not.toContain(value);
    expect(() => JSON.parse(masked) as unknown).not.toThrow();
    // And nothing else is.
    expect(masked).toContain('"kind"');
    if (text.includes('resourceVersion')) expect(masked).toContain('resourceVersion');
  });

  test('and by no other mask more of them is shown', () => {
    const text = JSON.stringify(kept);
    for (const path of ['$.data', '$.data.password', '$..password', '$'])
      for (const kind of ['partial', 'hash'] as const) {
        const paths = pathMasks([{ with: kind, paths: [path], domain: 'd' }], scope);
        const masked = maskObject(text, { ...secrets, paths });
        expect(masked).not.toContain(value.slice(-4));
      }
  });

  test('so that kubectl can decode what is left', () => {
    const masked = JSON.parse(maskObject(JSON.stringify(kept), secrets)) as typeof kept;
    expect(masked.data).toEqual({ password: redactedBytes, empty: null });
    expect(masked.stringData).toEqual({ other: '[redacted]' });
    const before = JSON.parse(masked.metadata.annotations[applied]) as typeof secret;
    expect(before.data).toEqual({ password: redactedBytes, empty: null });
    expect(Buffer.from(redactedBytes, 'base64').toString()).toBe('[redacted]');
  });

  test('and what was applied before, and is no JSON, is hidden whole', () => {
    const text = JSON.stringify({ metadata: { annotations: { [applied]: 'password: hunter2!x' } } });
    expect(maskObject(text, secrets)).toContain(`"${applied}":"[redacted]"`);
  });

  test('a token of a service account as well', () => {
    const text =
      '{"kind":"TokenRequest","spec":{"audiences":["a"]},"status":{"token":"eyJ.x.y","expirationTimestamp":"t"}}';
    expect(maskObject(text, { ...none, token: true })).toBe(text.replace('eyJ.x.y', '[redacted]'));
  });
});

describe('never 38: what a detector finds is hidden', () => {
  test.each([
    ['a value', '{"data":{"mail":"p@x.example"}}', '{"data":{"mail":"[redacted]"}}'],
    ['escaped', '{"data":{"mail":"p\\u0040x.example"}}', '{"data":{"mail":"[redacted]"}}'],
    ['by its name', '{"data":{"password":"hunter2!x"}}', '{"data":{"password":"[redacted]"}}'],
    [
      'in JSON in a text',
      '{"data":{"a":"{\\"b\\":\\"p@x.example\\"}"}}',
      '{"data":{"a":"{\\"b\\":\\"[redacted]\\"}"}}',
    ],
    [
      'a variable, by its name',
      '{"env":[{"name":"DB_PASSWORD","value":"hunter2!x"},{"name":"A","value":"1"}]}',
      '{"env":[{"name":"DB_PASSWORD","value":"[redacted]"},{"name":"A","value":"1"}]}',
    ],
    ['a number', '{"spec":{"card":4111111111111111}}', '{"spec":{"card":"[redacted]"}}'],
    ['base64', `{"binaryData":{"a":"${b64('to p@x.example')}"}}`, `{"binaryData":{"a":"${redactedBytes}"}}`],
    [
      'a cell',
      '{"kind":"Table","rows":[{"cells":["a","p@x.example",3]}]}',
      '{"kind":"Table","rows":[{"cells":["a","[redacted]",3]}]}',
    ],
    [
      'a message',
      '{"kind":"Status","message":"no p@x.example"}',
      '{"kind":"Status","message":"no [redacted]"}',
    ],
    [
      'a label’s name',
      '{"metadata":{"labels":{"p@x.example":"1"}}}',
      '{"metadata":{"labels":{"[redacted]":"1"}}}',
    ],
  ])('%s', (_, text, masked) => {
    expect(maskObject(text, detect)).toBe(masked);
  });

  test('but nothing of what kubectl has to send back', () => {
    const text =
      '{"metadata":{"uid":"4111111111111111","resourceVersion":"4111111111111111","continue":"p@x.example"}}';
    expect(maskObject(text, detect)).toBe(text);
  });
});

describe('a path begins at the object, wherever that is', () => {
  const one = { kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'canary', other: 'x' } };
  const path = at('$.data.k');
  test.each([
    ['by itself', one, path],
    ['in a list', { kind: 'ConfigMapList', items: [one, one] }, path],
    ['in a list, from the top', { kind: 'ConfigMapList', items: [one] }, at('$.items[*].data.k')],
    ['in an event', { type: 'MODIFIED', object: one }, { ...path, event: true }],
    ['in a row of a table', { kind: 'Table', rows: [{ cells: [], object: one }] }, path],
    [
      'and in what was applied before',
      { kind: 'ConfigMap', metadata: { annotations: { [applied]: JSON.stringify(one) } } },
      path,
    ],
  ])('%s', (_, object, masks) => {
    const masked = maskObject(JSON.stringify(object), masks);
    expect(masked).not.toContain('canary');
    expect(masked).toContain('[redacted]');
  });
});

describe('a cell of a table is hidden with the value it holds', () => {
  const row = (cells: readonly unknown[], object: object) => ({ kind: 'Table', rows: [{ cells, object }] });
  const one = {
    kind: 'Thing',
    metadata: { name: 'a' },
    spec: { n: 3, who: 'canary', all: ['x1', 'canary-2'] },
  };
  test.each<readonly [string, string, readonly unknown[], readonly unknown[]]>([
    ['as it is', '$.spec.who', ['a', 'canary', 3], ['a', '[redacted]', 3]],
    ['within a text', '$.spec.who', ['a', 'by canary!'], ['a', '[redacted]']],
    ['a number', '$.spec.n', [3, '3', '1/3', '30', 13], ['[redacted]', '[redacted]', '[redacted]', '30', 13]],
    ['each of many', '$.spec.all', ['x1,canary-2', 'canary', 'x1 '], ['[redacted]', 'canary', '[redacted]']],
    ['and no other', '$.spec.none', ['a', 'canary', 3], ['a', 'canary', 3]],
  ])('%s', (_, path, cells, left) => {
    const masked = JSON.parse(maskObject(JSON.stringify(row(cells, one)), at(path))) as ReturnType<
      typeof row
    >;
    expect(masked.rows[0]?.cells).toEqual(left);
  });

  test('and what columns are called is not', () => {
    const table = { ...row(['a', 'canary'], one), columnDefinitions: [{ name: 'Name', type: 'string' }] };
    const masked = maskObject(JSON.stringify(table), at('$..name'));
    expect(masked).toContain('"columnDefinitions":[{"name":"Name","type":"string"}]');
    expect(masked).toContain('"cells":["[redacted]","canary"]');
  });

  test('and all are where the object is not there to be compared', () => {
    const partial = { kind: 'PartialObjectMetadata', metadata: { name: 'a' } };
    const text = JSON.stringify(row(['a', 3, null], partial));
    expect(maskObject(text, at('$.spec.who'))).toContain('["[redacted]","[redacted]",null]');
  });
});
