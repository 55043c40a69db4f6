import { expect, test } from '@jest/globals';
import { builtInKinds } from './kinds.ts';
import { readManifests } from './manifests.ts';

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n';
const refusal = (text: string): string => {
  try {
    readManifests(text, builtInKinds);
    return '';
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

test('what a manifest names is read; the rest of it is not looked at', () => {
  const text = `${pod}spec: {containers: [{name: c, image: nginx}]}\n---\n${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'prod', labels: { Name: 'x' } },
  })}`;
  expect(readManifests(text, builtInKinds)).toMatchObject([
    { kind: { resource: 'pods' }, name: 'p', namespace: null },
    { kind: { resource: 'deployments' }, name: 'd', namespace: 'prod' },
  ]);
});

test('a text that is too long is refused, YAML sooner than JSON', () => {
  expect(refusal(pod + '# x\n'.repeat(20_000))).toBe(
    'too_large: The request is larger than allowed: YAML on stdin; expected at most 65536 bytes.',
  );
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, data: 'x'.repeat(100_000) };
  expect(readManifests(JSON.stringify(object), builtInKinds)).toHaveLength(1);
  expect(refusal(JSON.stringify({ ...object, data: 'x'.repeat(300_000) }))).toBe(
    'too_large: The request is larger than allowed: stdin; expected at most 262144 bytes.',
  );
});

test.each([
  ['lists within lists without end', '{"apiVersion":"v1","kind":"List","items":['.repeat(9) + ']}'.repeat(9)],
  ['brackets', '['.repeat(60_000)],
  ['braces', '{a: '.repeat(15_000)],
  ['dashes', '- '.repeat(30_000)],
  ['keys', pod + Array.from({ length: 5000 }, (_, i) => `k${i}: v`).join('\n')],
  ['aliases', `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]\n${pod}`],
])('never 34: %s end in a moment, and not in a crash', (_, text) => {
  const start = performance.now();
  refusal(text);
  expect(performance.now() - start).toBeLessThan(5000);
});
