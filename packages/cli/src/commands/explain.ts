/** `countersign explain`: what a call would do and how it would be decided, without running it. */

import { exitCodeOfDecision } from '../exit-codes.ts';
import { explainAnswer } from '../jsonl/answer.ts';
import { judgementInWords } from '../judgement-in-words.ts';
import { type AddCommand, withExamples } from '../options.ts';
import { type JudgeOptions, judgeCommand, withJudgeOptions } from './judge-command.ts';

export const addExplain: AddCommand = (program, host) => {
  const command = program
    .command('explain')
    .summary('what a call would do, and how the policy decides it; runs nothing')
    .description(
      'Tells what a call would do and how the policy decides it. Nothing is run, and nobody is asked. The exit code is 0 for allow, 4 where people would be asked, 1 for deny.',
    );
  withExamples(
    withJudgeOptions(command),
    'countersign explain shop-db "SELECT name FROM customers" --as agent:support --group agents',
    `countersign explain billing-api '{"method":"GET","path":"/v1/invoices/7"}' --as agent:support`,
    `countersign explain prod-cluster '{"argv":["get","pods"]}' --as agent:support`,
  ).action(async (connection: string, input: string | undefined) => {
    const options = command.opts<JudgeOptions>();
    const { out } = host.terminal;
    const code = await judgeCommand('explain', host, connection, input, options, async (judge, call) => {
      const judgement = await judge.explain(call, host.signal);
      if (options.json === true) {
        const { id: _, line: __, ...answer } = explainAnswer({ id: null, line: 1 }, judgement);
        const { effects, lineage, requirement, detail } = judgement;
        const whole = { ...answer, ...(effects === undefined ? {} : { effects }) };
        await out.line(JSON.stringify({ ...whole, lineage, requirement, detail }, null, 2));
      } else for (const line of judgementInWords(judgement, out)) await out.line(line);
      return exitCodeOfDecision(judgement.decision, judgement.code);
    });
    host.exit(code);
  });
};
