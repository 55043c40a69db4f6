/**
 * Tokens that may be undone: on their way out they are kept with what they stand for, encrypted under the run's key; on
 * their way in, in a write of the same principal and run, they are put back where the policy's domains agree. A write
 * that carries any mask for which that can't be said is refused whole.
 */
import type { CallInput, Json, Principal } from '@countersign/core';
import { tokenDomains } from '@countersign/policy';
import { isWholeToken, masksIn } from '../masking/replacements.ts';
import type { Analysis } from '../protocols/protocol.ts';
import { findTokens, keepTokens } from '../store/mask-tokens.ts';
import type { Connected, Room } from './room.ts';

/** What a token stands for. */
export interface Kept {
  readonly value: string;
  readonly domain: string;
}

const boxName = (token: string) => `token ${token}`;

/** Keeps what a call was given tokens for. */
export async function keepForRun(room: Room, runId: string, given: ReadonlyMap<string, Kept>): Promise<void> {
  const rows = [];
  for (const [token, { value, domain }] of given)
    rows.push({ token, domain, value: await room.ledger.lock(runId, boxName(token), value) });
  await keepTokens(room.db, runId, rows);
}

export interface PutBackParts {
  readonly principal: Principal;
  readonly connected: Connected;
  readonly input: CallInput;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** Every text in an input, wherever it stands. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The input with every token put back to its value; null where it carries a mask that can't be. */
export async function putBack(
  room: Room,
  { principal, connected, input, run, signal }: PutBackParts,
  analysis: Analysis,
  parsed: Json,
): Promise<Json | null> {
  const { target, config } = connected;
  const carried = textsIn(input).flatMap(masksIn);
  const placed = (await target.placedTexts?.(parsed, signal)) ?? [];
  const tokens = placed.filter(({ text }) => isWholeToken(text));
  // Each mask that stands in the input has to be one of these: no more, and no fewer.
  if (JSON.stringify(carried.toSorted()) !== JSON.stringify(tokens.map(({ text }) => text).toSorted()))
    return null;
  const { id, onBehalfOf } = principal;
  const runId = await room.ledger.runId({ principal: id, onBehalfOf, run });
  const known = new Map((await findTokens(room.db, runId, carried)).map((row) => [row.token, row]));
  const { name, protocol, labels } = config;
  const { effects, lineage } = analysis;
  const question = { principal, connection: { name, protocol, labels }, effects, lineage };
  const values = new Map<string, string>();
  for (const { text, column } of tokens) {
    const row = known.get(text);
    if (row === undefined) return null;
    if (!tokenDomains(room.current().policy, question, column).has(row.domain)) return null;
    const value = await room.ledger.unlock(runId, boxName(text), row.value);
    if (value === null) return null;
    values.set(text, value);
  }
  return target.putBack?.(parsed, values) ?? null;
}
