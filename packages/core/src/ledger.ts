/**
 * The ledger's forms. An event is canonical bytes that never change: ids, codes, digests and salted commitments. What
 * was said (statements, reasons, results) stands beside it and can be erased while the proof stands.
 */
import { z } from 'zod';

/** What an event's canonical JSON holds. `at` is the store's clock. */
export const eventSchema = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  at: z.string(),
  /** `call.submitted`, `vote.cast`, `token.minted`, … */
  type: z.string().regex(/^[a-z]+\.[a-z_]+$/),
  /** Who did it: a principal's id, or `gateway`. */
  actor: z.string(),
  call: z.string().nullable(),
  run: z.string().nullable(),
  /** Codes, digests, ids and numbers. */
  data: z.record(z.string(), z.json()),
  /** SHA-256 over salt and content, by the content's name. */
  commitments: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
/** An event, parsed. The bytes that are proven are its text in the ledger, not this. */
export type LedgerEvent = z.infer<typeof eventSchema>;

/** A signed tree head: what the log was at one size. */
export const headSchema = z.strictObject({
  size: z.number().int().min(0),
  /** RFC 6962 tree hash, hex. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  /** The first 16 hex digits of SHA-256 over the public key (SPKI DER). */
  key: z.string(),
  /** Ed25519 over `countersign.head.v1\n` and the canonical JSON of the other fields, base64. */
  signature: z.string(),
});
/** A signed tree head. */
export type SignedHead = z.infer<typeof headSchema>;

/**
 * Content that was disclosed with an event, so that its commitment can be checked. The salt has one length: else bytes of
 * the content could be passed off as the salt's.
 */
export const disclosedSchema = z.record(
  z.string(),
  z.strictObject({ salt: z.string().regex(/^[0-9a-f]{32}$/), content: z.string() }),
);

/** A ledger file is lines of JSON: events in order of their index, then a signed head. */
export const ledgerLineSchema = z.union([
  z.strictObject({
    index: z.number().int().min(0),
    event: z.string(),
    disclosed: disclosedSchema.optional(),
  }),
  z.strictObject({ head: headSchema }),
]);
/** One line of a ledger file. */
export type LedgerLine = z.infer<typeof ledgerLineSchema>;
