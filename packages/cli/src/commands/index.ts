/** All commands, in the order in which `--help` lists them. */
import type { AddCommand } from '../options.ts';
import { addApprovals } from './approvals.ts';
import { addCalls } from './calls.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addExplain } from './explain.ts';
import { addLedger } from './ledger.ts';
import { addLogin, addLogout } from './login.ts';
import { addPolicy } from './policy.ts';
import { addRun } from './run.ts';
import { addServe } from './serve.ts';
import { addSetup } from './setup.ts';
import { addStop } from './stop.ts';
import { addToken } from './token.ts';
import { addVerify } from './verify.ts';

export const commands: readonly AddCommand[] = [
  addDemo,
  addServe,
  addExplain,
  addRun,
  addApprovals,
  addStop,
  addLogin,
  addLogout,
  addToken,
  addPolicy,
  addLedger,
  addVerify,
  addDoctor,
  addSetup,
  addCalls,
];
