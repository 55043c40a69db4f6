/**
 * Identifiers. Each is branded, so that an approval's id can't be passed where a call's is expected,
 * and carries its kind as a prefix, so that a person can tell them apart in a log.
 */
import { customAlphabet } from 'nanoid';
import { z } from 'zod';

const alphabet = '0123456789abcdefghijkmnpqrstuvwxyz';
/** 22 characters of 34: 111 bits, beyond guessing and beyond collision. */
const random = customAlphabet(alphabet, 22);

const idOf = <Prefix extends string>(prefix: Prefix) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-km-np-z]{22}$`), `expected an id like ${prefix}_…`)
    .brand<Prefix>();

/** A call's id, as it comes from outside: `call_…`. */
export const callIdSchema = idOf('call');
/** An approval's id, as it comes from outside: `apr_…`. */
export const approvalIdSchema = idOf('apr');
/** A ledger event's id, as it comes from outside: `evt_…`. */
export const eventIdSchema = idOf('evt');
/** A token's id, as it comes from outside: `tok_…`. */
export const tokenIdSchema = idOf('tok');
/** A stop's id, as it comes from outside: `stop_…`. */
export const stopIdSchema = idOf('stop');
/** A parked run's id, as it comes from outside: `park_…`. */
export const parkedRunIdSchema = idOf('park');
/** A lease's id, as it comes from outside: `lease_…`. */
export const leaseIdSchema = idOf('lease');
/** A session's id, as it comes from outside: `ses_…`. */
export const sessionIdSchema = idOf('ses');

/** A run's id in the record, as it comes from outside: `run_` and 32 hex digits. */
export const runIdSchema = z
  .string()
  .regex(/^run_[0-9a-f]{32}$/, 'expected an id like run_…')
  .brand<'run'>();

/** A call's id: `call_` and 22 characters. */
export type CallId = z.infer<typeof callIdSchema>;
/** An approval's id: `apr_` and 22 characters. */
export type ApprovalId = z.infer<typeof approvalIdSchema>;
/** A ledger event's id: `evt_` and 22 characters. */
export type EventId = z.infer<typeof eventIdSchema>;
/** A token's id: `tok_` and 22 characters. It is no secret. */
export type TokenId = z.infer<typeof tokenIdSchema>;
/** A stop's id: `stop_` and 22 characters. */
export type StopId = z.infer<typeof stopIdSchema>;
/** A parked run's id: `park_` and 22 characters. */
export type ParkedRunId = z.infer<typeof parkedRunIdSchema>;
/** A run's id in the record. The id that the application gave the run stands beside it. */
export type RunId = z.infer<typeof runIdSchema>;
/** Names one taking of a parked run; whoever takes it makes it up, so that a lost answer can be asked for again. */
export type LeaseId = z.infer<typeof leaseIdSchema>;
/** A session's id: `ses_` and 22 characters. It is no secret. */
export type SessionId = z.infer<typeof sessionIdSchema>;

interface IdByKind {
  readonly call: CallId;
  readonly apr: ApprovalId;
  readonly evt: EventId;
  readonly tok: TokenId;
  readonly stop: StopId;
  readonly park: ParkedRunId;
  readonly lease: LeaseId;
  readonly ses: SessionId;
}

/** Makes a new id: the kind, an underscore, 22 random characters. */
export function newId<Kind extends keyof IdByKind>(kind: Kind): IdByKind[Kind] {
  return `${kind}_${random()}` as IdByKind[Kind];
}
