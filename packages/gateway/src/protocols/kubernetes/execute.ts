/** Runs a call. */
import type { Execution } from '../protocol.ts';

/** Nothing is run yet. */
export const execute = async (): Promise<Execution> => ({
  outcome: 'failed',
  code: 'not_supported',
  ran: 'no',
  message: null,
});
