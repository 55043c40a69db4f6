/** Asks that reach no person: too large to read, or rejected a short while ago. */
import type { ErrorCode, SubmitRequest } from '@countersign/core';
import { wasRejected } from '../store/memory.ts';
import { denied, type Judged } from './judge.ts';
import type { Room } from './room.ts';

/** What an ask's reviewer may have to read; beyond it nobody reads. Bytes. */
const reviewableBytes = 16 * 1024;

export interface CallKeys {
  readonly inputKey: string;
  readonly runId: string;
  readonly effectKey: string;
}

/** The same, or the denial in its place. */
export async function withoutPaging(
  room: Room,
  judged: Judged,
  request: SubmitRequest,
  keys: CallKeys,
): Promise<Judged> {
  if (judged.decision.verdict !== 'ask') return judged;
  const instead = (code: ErrorCode, detail: string): Judged => ({
    ...denied(code, detail, null),
    analysis: judged.analysis,
    parsed: judged.parsed,
  });
  const size = Buffer.byteLength(JSON.stringify(request.input)) + Buffer.byteLength(request.purpose ?? '');
  if (size > reviewableBytes)
    return instead('too_large_to_review', `${size} bytes; at most ${reviewableBytes}`);
  const memoryMs = room.current().policy.limits.rejectionMemoryMs;
  if (await wasRejected(room.db, { ...keys, memoryMs }))
    return instead('rejected_recently', 'rejection memory');
  return judged;
}
