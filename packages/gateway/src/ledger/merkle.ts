/**
 * The Merkle tree of RFC 6962 (section 2.1), kept as its peaks: the roots of the perfect subtrees, left to right, whose
 * sizes are the binary digits of the leaf count. Appending a leaf and finding the root need nothing else.
 */
import { createHash } from 'node:crypto';

export function leafHash(bytes: string): Buffer {
  return createHash('sha256').update('\0').update(bytes, 'utf8').digest();
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update('\x01').update(left).update(right).digest();
}

export interface MerkleTree {
  readonly size: number;
  readonly peaks: readonly Buffer[];
}

export const emptyTree: MerkleTree = Object.freeze({ size: 0, peaks: [] });

/** The tree with one more leaf. */
export function append(tree: MerkleTree, leaf: Buffer): MerkleTree {
  const peaks = [...tree.peaks];
  let node = leaf;
  // Each trailing 1 of the size is a subtree as large as the new node: the two become one.
  for (let size = tree.size; size % 2 === 1; size = (size - 1) / 2)
    node = nodeHash(peaks.pop() as Buffer, node);
  peaks.push(node);
  return { size: tree.size + 1, peaks };
}

/** The tree hash; of no leaves, SHA-256 of nothing. */
export function rootHash(tree: MerkleTree): Buffer {
  const last = tree.peaks.at(-1);
  if (last === undefined) return createHash('sha256').digest();
  return tree.peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}
