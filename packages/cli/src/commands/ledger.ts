/** `countersign ledger`: the record in words, or as the file that `verify` reads. */
import type { LedgerLine, SignedHead } from '@countersign/core';
import { InvalidArgumentError } from 'commander';
import { eventInWords } from '../ledger/event-in-words.ts';
import { gatewayLines } from '../ledger/read-ledger.ts';
import { type AddCommand, type CommonOptions, withCommonOptions } from '../options.ts';
import { operatorClient } from '../reach-gateway.ts';

interface LedgerOptions extends CommonOptions {
  readonly jsonl?: true;
  readonly after?: number;
}

export const addLedger: AddCommand = (program, host) => {
  const ledger = program
    .command('ledger')
    .description('the record of what happened')
    .option('--jsonl', 'write the file that `countersign verify` reads')
    .option(
      '--after <index>',
      'only what came after this event; such a part can’t be verified by itself',
      parseIndex,
    );
  withCommonOptions(ledger).action(async () => {
    const options = ledger.opts<LedgerOptions>();
    const client = await operatorClient(host, options);
    const { out, err } = host.terminal;
    const lines = gatewayLines(client, options.after ?? -1, host.signal);
    if (options.json === true) {
      const all: LedgerLine[] = [];
      for await (const line of lines) all.push(line);
      return await out.line(JSON.stringify(all, null, 2));
    }
    let head: SignedHead | null = null;
    for await (const line of lines) {
      if (options.jsonl === true) await out.line(JSON.stringify(line));
      else if ('head' in line) head = line.head;
      else
        for (const text of eventInWords(line, { paint: out.paint, width: out.width, ids: true }))
          await out.line(text);
    }
    if (head !== null)
      await err.line(
        err.paint('dim', `${head.size} events, the last head signed ${head.at} by key ${head.key}.`),
      );
  });
};

function parseIndex(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected the index of an event.');
}
