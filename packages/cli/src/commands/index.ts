/** All commands, in the order in which `--help` lists them. */
import type { AddCommand } from '../options.ts';
import { addApprovals } from './approvals.ts';
import { addCalls } from './calls.ts';
import { addLedger } from './ledger.ts';
import { addPolicy } from './policy.ts';
import { addStop } from './stop.ts';
import { addToken } from './token.ts';

export const commands: readonly AddCommand[] = [
  addApprovals,
  addStop,
  addToken,
  addPolicy,
  addLedger,
  addCalls,
];
