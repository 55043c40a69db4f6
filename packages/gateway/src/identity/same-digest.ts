/** Compares in constant time: how far two digests agree is nobody's business. */
import { timingSafeEqual } from 'node:crypto';

export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
