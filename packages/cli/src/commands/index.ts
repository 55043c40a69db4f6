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

/** Lists commands under a heading. */
const under = (heading: string, ...adds: readonly AddCommand[]): readonly AddCommand[] =>
  adds.map((add) => (program, host) => {
    program.commandsGroup(heading);
    add(program, host);
  });

export const commands: readonly AddCommand[] = [
  ...under('To see what it is:', addDemo),
  ...under('To write a policy:', addExplain, addPolicy, addDoctor),
  ...under('To run a gateway:', addServe, addToken, addStop, addCalls, addSetup),
  ...under('To decide:', addLogin, addLogout, addApprovals),
  ...under('To make a call, and to look back:', addRun, addLedger, addVerify),
];
