/** `countersign run`: judges a call as `explain` does, and runs it where that is allowed. */
import { type ExitCode, exitCodeOfDecision, exitCodes } from '../exit-codes.ts';
import { runAnswer } from '../jsonl/answer.ts';
import type { RunJudgement } from '../judge.ts';
import { judgementInWords, outcomeInWords, resultInWords } from '../judgement-in-words.ts';
import { type AddCommand, withExamples } from '../options.ts';
import { fromNow } from '../terminal/times.ts';
import { type JudgeOptions, judgeCommand, withJudgeOptions } from './judge-command.ts';

function exitCodeOf({ outcome, decision, code }: RunJudgement): ExitCode {
  if (outcome === 'succeeded') return exitCodes.ok;
  return outcome === 'not_executed' && decision !== 'allow'
    ? exitCodeOfDecision(decision, code)
    : exitCodes.no;
}

export const addRun: AddCommand = (program, host) => {
  const command = program
    .command('run')
    .summary('run a call as an agent would: at once, after a vote, or not at all')
    .description(
      'Runs a call where the policy allows it. Where people have to be asked, it asks them and waits for the vote; with --jsonl or --as it never does, and the call is not run.',
    );
  withExamples(
    withJudgeOptions(command),
    'COUNTERSIGN_TOKEN=cs_agent_… countersign run shop-db "SELECT name FROM customers"',
  ).action(async (connection: string, input: string | undefined) => {
    const options = command.opts<JudgeOptions>();
    const { out, err } = host.terminal;
    const code = await judgeCommand('run', host, connection, input, options, async (judge, call) => {
      const judgement = await judge.run(call, host.signal, async ({ approval, vote_by }) => {
        const until = vote_by === null ? '' : `, ${fromNow(vote_by, host.now())} at the latest`;
        await err.line(`A person has to decide${until}: countersign approvals show ${approval ?? ''}`);
        await err.line(err.paint('dim', 'Waiting. Ctrl-C cancels the call.'));
      });
      if (options.json === true) {
        const { id: _, line: __, ...answer } = runAnswer({ id: null, line: 1 }, judgement);
        await out.line(JSON.stringify(answer, null, 2));
        return exitCodeOf(judgement);
      }
      for (const line of judgementInWords(judgement, err)) await err.line(line);
      await err.line(outcomeInWords(judgement, err));
      if (judgement.result !== undefined)
        for (const line of resultInWords(judgement.result, out)) await out.line(line);
      return exitCodeOf(judgement);
    });
    host.exit(code);
  });
};
