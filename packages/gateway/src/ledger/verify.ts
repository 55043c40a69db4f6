/**
 * Verifies an exported ledger offline: every event stands at its index, the tree of all of them has the root that the
 * head signs, and every disclosed content is the one its event committed to. It says *consistent*; with a checkpoint
 * kept elsewhere it also says *complete up to* that checkpoint.
 */
import { createPublicKey } from 'node:crypto';
import { canonicalJson, eventSchema, type Json, ledgerLineSchema, type SignedHead } from '@countersign/core';
import { headIsSignedBy } from './keys.ts';
import { append, emptyTree, leafHash, rootHash } from './merkle.ts';
import { commitmentTo } from './seal.ts';

/** What a ledger is verified against. */
export interface VerifyOptions {
  /** The gateway's public key, PEM. */
  readonly publicKey: string;
  /** A signed head from elsewhere: the ledger has to contain what stood then. */
  readonly checkpoint?: SignedHead;
}

/** `consistent` with a signed head at its end, or the first line that is not. */
export type Verification =
  | {
      readonly verdict: 'consistent';
      readonly events: number;
      readonly head: SignedHead;
      readonly completeUpTo: number | null;
    }
  | { readonly verdict: 'inconsistent'; readonly line: number; readonly reason: string };

/**
 * Reads an exported ledger to its end, one line at a time, and checks every event's place and the signed head.
 *
 * @returns `inconsistent` for whatever is wrong with the ledger or the checkpoint; `completeUpTo` is the size of a
 * checkpoint that it contains, else null.
 * @throws {TypeError} for a public key that is none.
 */
export async function verifyLedger(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyOptions,
): Promise<Verification> {
  const publicKey = createPublicKey(options.publicKey);
  const { checkpoint } = options;
  let number = 0;
  const no = (reason: string): Verification => ({ verdict: 'inconsistent', line: number, reason });
  if (checkpoint !== undefined && !headIsSignedBy(checkpoint, publicKey))
    return no('the checkpoint is not signed by this key');

  let tree = emptyTree;
  let head: SignedHead | null = null;
  let checkpointReached = checkpoint?.size === 0;
  const ids = new Set<string>();
  for await (const text of lines) {
    if (text.trim() === '') continue;
    number++;
    if (head !== null) return no('there is something after the signed head');
    const line = parseLine(text);
    if (line === null) return no('this is not a line of a ledger');
    if ('head' in line) {
      head = line.head;
      continue;
    }
    if (line.index !== tree.size)
      return no(`event ${tree.size} is missing: the next one here has index ${line.index}`);
    const problem = eventProblem(line.event, line.disclosed ?? {}, ids);
    if (problem !== null) return no(problem);
    tree = append(tree, leafHash(line.event));
    if (checkpoint !== undefined && tree.size === checkpoint.size) {
      if (rootHash(tree).toString('hex') !== checkpoint.root)
        return no('the events up to the checkpoint are not those that stood then');
      checkpointReached = true;
    }
  }
  if (head === null) return no('the signed head at the end is missing');
  if (!headIsSignedBy(head, publicKey)) return no('the head is not signed by this key');
  if (head.size !== tree.size) return no(`the head signs ${head.size} events, here are ${tree.size}`);
  if (head.root !== rootHash(tree).toString('hex')) return no('the events are not those that the head signs');
  if (checkpoint !== undefined && !checkpointReached)
    return no(`the ledger ends before the checkpoint at ${checkpoint.size} events`);
  return { verdict: 'consistent', events: tree.size, head, completeUpTo: checkpoint?.size ?? null };
}

function parseLine(text: string): ReturnType<typeof ledgerLineSchema.parse> | null {
  try {
    return ledgerLineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

type Disclosed = Readonly<Record<string, { readonly salt: string; readonly content: string }>>;

function eventProblem(bytes: string, disclosed: Disclosed, ids: Set<string>): string | null {
  let event: ReturnType<typeof eventSchema.parse>;
  try {
    const value = JSON.parse(bytes) as Json;
    event = eventSchema.parse(value);
    if (canonicalJson(value) !== bytes) return 'the event is not in canonical form';
  } catch {
    return 'this is not an event';
  }
  if (ids.has(event.id)) return `the event ${event.id} stands here twice`;
  ids.add(event.id);
  for (const [name, { salt, content }] of Object.entries(disclosed)) {
    const committed = Object.hasOwn(event.commitments, name) ? event.commitments[name] : undefined;
    if (committed !== commitmentTo(Buffer.from(salt, 'hex'), content))
      return `the ${name} shown is not the one that was recorded`;
  }
  return null;
}
