/**
 * The two digests. Each is SHA-256 over a versioned prefix, a newline, and RFC 8785 JSON: the prefix keeps one kind
 * of digest from ever equalling another, canonical JSON keeps two different calls from sharing one.
 */
import { z } from 'zod';
import type { ProtocolName } from './call.ts';
import type { Requirement } from './decision.ts';
import type { Effect } from './effect.ts';
import { canonicalJson, type Json, sha256 } from './json.ts';
import type { Preview } from './preview.ts';

/** 64 lower-case hex digits, branded: an approval digest does not pass for one. */
export const inputDigestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
  .brand<'input'>();
/** 64 lower-case hex digits, branded: an input digest does not pass for one. */
export const approvalDigestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
  .brand<'approval'>();

/** What a call is: everything that has to be the same for it to be the same call. */
export type InputDigest = z.infer<typeof inputDigestSchema>;
/** What a vote names: the call, its effects, what was shown, what is required. */
export type ApprovalDigest = z.infer<typeof approvalDigestSchema>;

/** What an input digest covers: the call's key, and the exact input. */
export interface InputDigestParts {
  readonly connection: string;
  readonly protocol: ProtocolName;
  /** The exact input: neither SQL text nor body bytes nor argv nor unicode is normalised. */
  readonly input: Json;
  /** The principal's id. */
  readonly principal: string;
  /** The human it acts for, by the token. */
  readonly onBehalfOf: string | null;
  /** The run's id, as the application gives it. */
  readonly run: string;
  /** The tool's name. */
  readonly tool: string;
  /** The call id of the SDK. */
  readonly call: string;
}

/** The digest of a call. `countersign.input.v1`. @throws {TypeError} for an input that is no JSON value. */
export function inputDigest(parts: InputDigestParts): InputDigest {
  const { connection, protocol, input, principal, onBehalfOf, run, tool, call } = parts;
  const body = canonicalJson({ connection, protocol, input, principal, onBehalfOf, run, tool, call });
  return sha256(`countersign.input.v1\n${body}`) as InputDigest;
}

/** What an approval digest covers. */
export interface ApprovalDigestParts {
  readonly input: InputDigest;
  readonly effects: readonly Effect[];
  /** Exactly as it was shown. */
  readonly preview: Preview;
  readonly requirement: Requirement;
}

/** The digest that a vote names. `countersign.approval.v1`. */
export function approvalDigest(parts: ApprovalDigestParts): ApprovalDigest {
  const { input, effects, preview, requirement } = parts;
  const body = canonicalJson({ input, effects, preview, requirement } as unknown as Json);
  return sha256(`countersign.approval.v1\n${body}`) as ApprovalDigest;
}
