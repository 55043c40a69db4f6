/** `countersign serve`: the gateway, until it is told to end. */
import { once } from 'node:events';
import process from 'node:process';
import type { Gateway } from '@countersign/gateway';
import type { LoadedFile } from '@countersign/policy';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import {
  type AddCommand,
  type CommonOptions,
  defaultFile,
  type Host,
  withoutEffect,
  withoutGateway,
} from '../options.ts';
import { loadPolicyFile } from '../policy-file.ts';
import { labelled } from '../terminal/box.ts';
import { printableLine } from '../terminal/printable.ts';
import { withProgress } from '../terminal/progress.ts';

export const addServe: AddCommand = (program, host) => {
  const serve = program
    .command('serve')
    .summary('run the gateway, until Ctrl-C')
    .description(
      'Runs the gateway of a policy file. It says where it listens and what to do next. Ctrl-C and SIGTERM end it in order; SIGHUP has it read the policy file again.',
    )
    .option('-c, --config <file>', `the policy file; default: ${defaultFile}`);
  withoutEffect(serve, '--json');
  withoutGateway(serve, 'this is the gateway, and its address stands in the policy file').action(async () => {
    const { config = defaultFile } = serve.opts<CommonOptions>();
    const loaded = await loadPolicyFile(host, config);
    const { startGateway } = await import('@countersign/gateway');
    const { consoleFiles } = await import('@countersign/console');
    const load = () => loadPolicyFile(host, config);
    const gateway = await withProgress(host.terminal, 'Opening the store', () =>
      startGateway({ file: loaded, load, logLevel: 'info', console: consoleFiles }),
    );
    try {
      await welcome(host, config, loaded, gateway.url);
      const reload = () => void reloadPolicy(host, gateway);
      process.on('SIGHUP', reload);
      if (!host.signal.aborted) await once(host.signal, 'abort');
      process.off('SIGHUP', reload);
    } finally {
      await host.terminal.err.line('Ending: what runs is finished or rolled back.');
      await gateway.close();
    }
    host.exit(exitCodes.ok);
  });
};

async function welcome(
  { terminal: { err } }: Host,
  config: string,
  loaded: LoadedFile,
  url: string,
): Promise<void> {
  const { policy, connections, server, warnings } = loaded;
  const facts = (label: string, lines: readonly string[]) =>
    labelled(label, lines.map(printableLine), { width: err.width - 2, indent: 13, paint: err.paint });
  const someSignIn = [...policy.identity.issuers.values()].some(({ signIn }) => signIn !== null);
  const targets = [...connections.values()].map(({ name, protocol }) => `${name} (${protocol})`);
  const rows = [
    ...facts('address', [url]),
    ...facts('console', [
      `${url}/console${someSignIn ? '' : ', where nobody can sign in: the policy names no identity provider'}`,
    ]),
    ...facts('connections', targets.length > 0 ? targets : ['none']),
    ...facts('policy', [
      `${config}: ${policy.rules.length} rules, ${policy.masks.length} masks, version ${policy.version.slice(0, 12)}`,
    ]),
    ...facts('data', [server.data]),
    ...facts('warning', warnings),
    ...facts('next', [
      `countersign token -c ${config} --agent NAME --group GROUP --owner PERSON`,
      `countersign token -c ${config} --person NAME`,
      ...(server.localOperator ? [] : ['each with an operator’s token in COUNTERSIGN_TOKEN']),
    ]),
  ];
  await err.line(err.paint('bold', 'Countersign is running.'));
  for (const { text } of rows) await err.line(`  ${text}`);
}

/** An invalid new file keeps the old policy, and says so. */
async function reloadPolicy({ terminal }: Host, gateway: Gateway): Promise<void> {
  try {
    const { version } = await gateway.reload('operator:local');
    await terminal.err.line(`The policy was read again: version ${version.slice(0, 12)}.`);
  } catch (thrown) {
    await reportFailure(thrown, terminal);
    await terminal.err.line('The policy stays as it was.');
  }
}
