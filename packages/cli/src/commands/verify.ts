/** `countersign verify`: whether a ledger file is what the gateway signed. Needs no gateway. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodes } from '../exit-codes.ts';
import { fileLines, readCheckpoint, readPublicKey, textLines } from '../ledger/read-ledger.ts';
import { type AddCommand, type CommonOptions, defaultFile, type Host, withFileOptions } from '../options.ts';
import { loadWithoutTargets } from '../policy-file.ts';
import { printable } from '../terminal/printable.ts';
import type { InputStream } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

interface VerifyOptions extends CommonOptions {
  readonly key?: string;
  readonly checkpoint?: string;
}

export const addVerify: AddCommand = (program, host) => {
  const verify = program
    .command('verify')
    .summary('whether a copy of the record is whole and unchanged')
    .description(
      'Tells whether a file that `countersign ledger --jsonl` wrote is what the gateway signed: nothing changed, nothing cut out. Needs no gateway.',
    )
    .argument('<file>', 'the file; - reads stdin')
    .option(
      '--key <file>',
      'the gateway’s public key; default: keys.pub in the data folder of the policy file',
    )
    .option(
      '--checkpoint <file>',
      'an older last line of the file, kept elsewhere: all that stood then has to be in it still',
    );
  withFileOptions(verify, 'a file is verified by itself').action(async (file: string) => {
    const options = verify.opts<VerifyOptions>();
    const { out, err, stdin } = host.terminal;
    const publicKey = await publicKeyOf(host, options);
    const checkpoint =
      options.checkpoint === undefined
        ? null
        : await readCheckpoint(resolve(host.directory, options.checkpoint));
    const { verifyLedger } = await import('@countersign/gateway');
    const result = await verifyLedger(linesOf(file, host, stdin), {
      publicKey,
      ...(checkpoint === null ? {} : { checkpoint }),
    });
    host.exit(result.verdict === 'consistent' ? exitCodes.ok : exitCodes.no);
    if (options.json === true) return await out.line(JSON.stringify(result, null, 2));
    if (result.verdict === 'inconsistent')
      return await err.line(
        `${err.paint('red', 'not consistent')}  line ${result.line}: ${printable(result.reason)} ${err.paint('dim', '(ledger_inconsistent)')}`,
      );
    const upTo =
      result.completeUpTo === null ? '' : `, complete up to the checkpoint at ${result.completeUpTo}`;
    await out.line(
      `${out.paint('green', 'consistent')}  ${result.events} events, signed ${result.head.at}${upTo}`,
    );
    if (checkpoint === null)
      await err.line(
        err.paint(
          'dim',
          'Only a checkpoint kept elsewhere shows that nothing was cut off: --checkpoint FILE.',
        ),
      );
  });
};

function linesOf(file: string, { directory }: Host, stdin: InputStream): AsyncIterable<string> {
  return file === '-' ? textLines(stdin) : fileLines(resolve(directory, file));
}

async function publicKeyOf(host: Host, { key, config }: VerifyOptions): Promise<string> {
  if (key !== undefined) return await readPublicKey(resolve(host.directory, key));
  if (config === undefined && !existsSync(resolve(host.directory, defaultFile)))
    throw new UsageError(
      `no public key is named, and there is no ${defaultFile} here whose gateway has one`,
      '--key FILE',
    );
  const { server } = await loadWithoutTargets(host, config ?? defaultFile);
  return await readPublicKey(join(server.data, 'keys.pub'));
}
