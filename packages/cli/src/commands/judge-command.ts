/** What `explain` and `run` share: who asks, on what, and whether line by line. */
import { isUtf8 } from 'node:buffer';
import { CountersignError, parseStrictJson, unknownConnection } from '@countersign/core';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { maxLineBytes, requestOf } from '../jsonl/request.ts';
import { answerLines } from '../jsonl/stream.ts';
import type { Judge, JudgedCall } from '../judge.ts';
import { type JudgeChoice, openJudge } from '../open-judge.ts';
import { collect, type Host, parseCaller, parseName, whoOption, withCommonOptions } from '../options.ts';
import { UsageError } from '../usage-error.ts';

export interface JudgeOptions extends JudgeChoice {
  readonly jsonl?: true;
  readonly purpose?: string;
}

const groupOf = (value: string, before: readonly string[] | undefined) => collect(parseName(value), before);

export function withJudgeOptions(command: Command): Command {
  command
    .argument('<connection>', 'the connection, as the policy file names it')
    .argument(
      '[input]',
      'a SQL text, or a call as a JSON object: {"sql","params"}, {"method","path","headers","body"} or {"argv","stdin"}; read from stdin where left out',
    )
    .option('--purpose <text>', 'what it is wanted for, as an agent would say it')
    .option('--jsonl', 'one call a line on stdin, one answer a line on stdout, in order')
    .addOption(
      whoOption(
        '--as <caller>',
        'who asks, without a gateway and without a token: agent:NAME or service:NAME; the policy file decides',
      ).argParser(parseCaller),
    )
    .addOption(whoOption('--group <group>', 'a group that this caller is in; repeatable').argParser(groupOf));
  return withCommonOptions(command);
}

/** Answers the one call of the command line with `one`, or every line of stdin. */
export async function judgeCommand(
  mode: 'explain' | 'run',
  host: Host,
  connection: string,
  input: string | undefined,
  options: JudgeOptions,
  one: (judge: Judge, call: JudgedCall) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { terminal, signal } = host;
  if (options.jsonl === true && input !== undefined)
    throw new UsageError('INPUT beside --jsonl', 'the calls on stdin');
  const call = options.jsonl === true ? null : callOf(connection, input ?? (await readInput(host)), options);
  const judge = await openJudge(host, options);
  try {
    if (call !== null) return await one(judge, call).catch((thrown) => fault(judge, call, thrown, signal));
    const write = (text: string) => terminal.out.write(text);
    await answerLines(terminal.stdin, { mode, connection, judge, signal, write });
    return signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    await judge.close();
  }
}

/** An agent's token is told of a refusal by its code only: which connections there are is asked for. */
async function fault(judge: Judge, call: JudgedCall, thrown: unknown, signal: AbortSignal): Promise<never> {
  if (!(thrown instanceof CountersignError && thrown.code === 'unknown_connection')) throw thrown;
  throw unknownConnection(call.connection, await judge.connections(signal).catch(() => []));
}

/** The call of the command line: a JSON object is taken apart, anything else is a SQL text. */
function callOf(connection: string, input: string, options: JudgeOptions): JudgedCall {
  if (input.trim() === '') throw noInput();
  const purpose = options.purpose ?? null;
  if (!/^\s*\{/.test(input)) return { connection, input: { sql: input }, purpose };
  const request = requestOf(parseStrictJson(Buffer.from(input), { bytes: maxLineBytes }));
  return { connection, input: request.input, purpose: purpose ?? request.purpose };
}

async function readInput({ terminal }: Host): Promise<string> {
  if (terminal.stdin.isTTY === true) throw noInput();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of terminal.stdin as AsyncIterable<Buffer>) {
    size += part.byteLength;
    if (size > maxLineBytes)
      throw new CountersignError('too_large', {
        what: 'the input',
        expected: `at most ${maxLineBytes} bytes`,
      });
    parts.push(part);
  }
  const whole = Buffer.concat(parts);
  if (!isUtf8(whole)) throw new UsageError('an input that is not UTF-8', 'UTF-8 text');
  return whole.toString();
}

const noInput = () => new UsageError('no INPUT', 'a SQL text, or a call as a JSON object');
