/** The JSONL mode of `explain` and `run`: one call a line in, one answer a line out, in order, every line answered. */
import { asCountersignError } from '@countersign/core';
import type { Judge } from '../judge.ts';
import { type Answer, type Answered, explainAnswer, refusal, runAnswer } from './answer.ts';
import { type RawLine, splitLines } from './lines.ts';
import { mapInOrder } from './map-in-order.ts';
import { maxLineBytes, parseRequest } from './request.ts';

export interface StreamOptions {
  readonly mode: 'explain' | 'run';
  readonly connection: string;
  readonly judge: Judge;
  readonly signal: AbortSignal;
  /** Takes one line of output, and resolves when more may come. */
  readonly write: (text: string) => Promise<void>;
}

/** Lines judged at once. Calls are run one after the other, so that a line sees what the lines before it did. */
const concurrency = { explain: 8, run: 1 } as const;

/** Answers every line of `input`. A bad line is answered like any other and never ends the stream. */
export async function answerLines(input: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<void> {
  const lines = splitLines(input, maxLineBytes);
  const answers = mapInOrder(lines, concurrency[options.mode], (line) => answerLine(line, options));
  for await (const answer of answers) {
    await options.write(`${JSON.stringify(answer)}\n`);
    if (options.signal.aborted) break;
  }
}

async function answerLine({ number, bytes }: RawLine, options: StreamOptions): Promise<Answer> {
  const { mode, connection, judge, signal } = options;
  let answered: Answered = { id: null, line: number };
  try {
    const { id, input, purpose } = parseRequest(bytes);
    answered = { id, line: number };
    const call = { connection, input, purpose };
    return mode === 'explain'
      ? explainAnswer(answered, await judge.explain(call, signal))
      : runAnswer(answered, await judge.run(call, signal));
  } catch (thrown) {
    const refused = refusal(asCountersignError(thrown));
    return mode === 'explain' ? explainAnswer(answered, refused) : runAnswer(answered, refused);
  }
}
