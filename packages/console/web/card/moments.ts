/** The ledger's events, as a time line tells them. What is not known here is shown by its own name. */
const words: ReadonlyMap<string, string> = new Map([
  ['call.submitted', 'sent by the agent'],
  ['call.allowed', 'allowed by the policy'],
  ['call.waiting', 'put before people'],
  ['call.denied', 'denied'],
  ['call.approved', 'approved'],
  ['call.rejected', 'rejected'],
  ['call.expired', 'expired'],
  ['call.cancelled', 'cancelled'],
  ['call.claimed', 'claimed, to be run once'],
  ['call.started', 'started at the target'],
  ['call.succeeded', 'succeeded'],
  ['call.failed', 'failed'],
  ['call.unknown', 'ended with an outcome that is not known'],
  ['vote.cast', 'a vote'],
]);

export const momentInWords = (type: string): string => words.get(type) ?? type;
