import { expect, test } from '@jest/globals';
import { reviewVersions } from './machine.ts';

test.each([
  ['22.19.0', 'ok'],
  ['26.1.0', 'ok'],
  ['22.18.9', 'problem'],
  ['20.19.5', 'problem'],
])('Node %s is %s', (running, verdict) => {
  expect(reviewVersions(running, '22.19')).toContainEqual(
    expect.objectContaining({ name: 'node.version', verdict }),
  );
});

test('the versions are those of the package and of this process', () => {
  expect(reviewVersions(process.versions.node).map(({ what }) => what)).toEqual([
    expect.stringMatching(/^countersign \d+\.\d+\.\d+$/),
    `Node ${process.versions.node}`,
  ]);
});
