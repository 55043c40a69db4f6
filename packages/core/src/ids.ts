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

export const callIdSchema = idOf('call');
export const approvalIdSchema = idOf('apr');
export const eventIdSchema = idOf('evt');
export const tokenIdSchema = idOf('tok');
export const stopIdSchema = idOf('stop');
export const parkedRunIdSchema = idOf('park');
export const leaseIdSchema = idOf('lease');

export type CallId = z.infer<typeof callIdSchema>;
export type ApprovalId = z.infer<typeof approvalIdSchema>;
export type EventId = z.infer<typeof eventIdSchema>;
export type TokenId = z.infer<typeof tokenIdSchema>;
export type StopId = z.infer<typeof stopIdSchema>;
export type ParkedRunId = z.infer<typeof parkedRunIdSchema>;
/** Names one taking of a parked run; whoever takes it makes it up, so that a lost answer can be asked for again. */
export type LeaseId = z.infer<typeof leaseIdSchema>;

interface IdByKind {
  readonly call: CallId;
  readonly apr: ApprovalId;
  readonly evt: EventId;
  readonly tok: TokenId;
  readonly stop: StopId;
  readonly park: ParkedRunId;
  readonly lease: LeaseId;
}

/** Makes a new id: the kind, an underscore, 22 random characters. */
export function newId<Kind extends keyof IdByKind>(kind: Kind): IdByKind[Kind] {
  return `${kind}_${random()}` as IdByKind[Kind];
}
