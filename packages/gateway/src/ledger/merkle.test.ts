import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { append, emptyTree, leafHash, type MerkleTree, rootHash } from './merkle.ts';

/** RFC 6962, section 2.1, as it is written there: recursive, over all leaves. */
function rootByDefinition(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1)
    return createHash('sha256')
      .update(Buffer.from([0]))
      .update(leaves[0] as string)
      .digest();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(rootByDefinition(left))
    .update(rootByDefinition(right))
    .digest();
}

test('the root of no leaves is the hash of nothing', () => {
  expect(rootHash(emptyTree).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

test('the hash of an empty leaf is the one that certificate logs have', () => {
  expect(leafHash('').toString('hex')).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
});

test('appending one leaf at a time gives the root of RFC 6962 at every size up to 200', () => {
  let tree: MerkleTree = emptyTree;
  const leaves: string[] = [];
  for (let size = 1; size <= 200; size++) {
    leaves.push(`leaf ${size}`);
    tree = append(tree, leafHash(`leaf ${size}`));
    expect(rootHash(tree)).toEqual(rootByDefinition(leaves));
    expect(tree.peaks).toHaveLength(size.toString(2).replaceAll('0', '').length);
  }
});
