/** `countersign explain`: what a call would do and how it would be decided, without running it. */

import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { explainAnswer } from '../jsonl/answer.ts';
import type { Judgement } from '../judge.ts';
import { judgementInWords } from '../judgement-in-words.ts';
import type { AddCommand } from '../options.ts';
import { type JudgeOptions, judgeCommand, withJudgeOptions } from './judge-command.ts';

const exitCodeOf: Readonly<Record<Judgement['decision'], ExitCode>> = {
  allow: exitCodes.ok,
  ask: exitCodes.ask,
  deny: exitCodes.no,
};

export const addExplain: AddCommand = (program, host) => {
  const command = program
    .command('explain')
    .description('what a call would do and how it would be decided, without running it');
  withJudgeOptions(command).action(async (connection: string, input: string | undefined) => {
    const options = command.opts<JudgeOptions>();
    const { out } = host.terminal;
    const code = await judgeCommand('explain', host, connection, input, options, async (judge, call) => {
      const judgement = await judge.explain(call, host.signal);
      if (options.json === true) {
        const { id: _, line: __, ...answer } = explainAnswer({ id: null, line: 1 }, judgement);
        const { lineage, requirement, detail } = judgement;
        await out.line(JSON.stringify({ ...answer, lineage, requirement, detail }, null, 2));
      } else for (const line of judgementInWords(judgement, out)) await out.line(line);
      return exitCodeOf[judgement.decision];
    });
    host.exit(code);
  });
};
