/** `countersign ledger`: the record in words, or as the file that `verify` reads. */
import { type CallId, callIdSchema, type LedgerLine, type SignedHead } from '@countersign/core';
import { InvalidArgumentError } from 'commander';
import { eventInWords } from '../ledger/event-in-words.ts';
import { gatewayLines } from '../ledger/read-ledger.ts';
import { type AddCommand, type CommonOptions, parseId, withCommonOptions } from '../options.ts';
import { operatorClient } from '../reach-gateway.ts';
import { parseSince } from '../terminal/times.ts';

interface LedgerOptions extends CommonOptions {
  readonly jsonl?: true;
  readonly call?: CallId;
  readonly run?: string;
  readonly since?: Date;
  readonly last?: number;
  readonly after?: number;
}

export const addLedger: AddCommand = (program, host) => {
  const ledger = program
    .command('ledger')
    .description('what happened, in words: who asked for what, who decided, how it ended')
    .option('--call <id>', 'only this call: call_…', parseId(callIdSchema))
    .option('--run <id>', 'only this run, by the id that the card or the console shows', parseRun)
    .option(
      '--since <time>',
      'only what is not older: 15m, 1h, 7d, or a time like 2026-11-20T10:00Z',
      (text: string) => parseSince(text, host.now()),
    )
    .option('--last <count>', 'only the last so many of these events, at most 10000', parseCount)
    .option('--after <index>', 'only what came after the event with this number', parseIndex)
    .option(
      '--jsonl',
      'write the file that `countersign verify` reads; only the whole of it can be verified',
    );
  withCommonOptions(ledger).action(async () => {
    const options = ledger.opts<LedgerOptions>();
    const client = await operatorClient(host, options);
    const { call, run, since, last, after } = options;
    const part = { call, run, since: since?.toISOString(), last, after };
    const lines = gatewayLines(client, part, host.signal);
    const { out, err } = host.terminal;
    if (options.json === true) {
      const all: LedgerLine[] = [];
      for await (const line of lines) all.push(line);
      return await out.line(JSON.stringify(all, null, 2));
    }
    let head: SignedHead | null = null;
    let told = 0;
    for await (const line of lines) {
      if (options.jsonl === true) await out.line(JSON.stringify(line));
      else if ('head' in line) head = line.head;
      else {
        told++;
        for (const text of eventInWords(line, { paint: out.paint, width: out.width, ids: true }))
          await out.line(text);
      }
    }
    if (options.jsonl === true) return;
    if (told === 0) await err.line('Nothing of this kind is in the record.');
    if (head !== null)
      await err.line(
        err.paint(
          'dim',
          `${told} of ${head.size} events; the last head was signed ${head.at} by key ${head.key}.`,
        ),
      );
  });
};

function parseRun(text: string): string {
  if (text !== '' && text.length <= 200) return text;
  throw new InvalidArgumentError('Expected the id of a run: 1 to 200 characters.');
}

function parseCount(text: string): number {
  const count = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 10_000) return count;
  throw new InvalidArgumentError('Expected a number from 1 to 10000.');
}

function parseIndex(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected the index of an event.');
}
