/** `countersign setup postgres CONNECTION`: makes the second wall, or prints what would make it. */
import { CountersignError, unknownConnection } from '@countersign/core';
import { exitCodes } from '../exit-codes.ts';
import {
  type AddCommand,
  type CommonOptions,
  commandGroup,
  defaultFile,
  type Host,
  withFileOptions,
} from '../options.ts';
import { loadPolicyFile } from '../policy-file.ts';
import { askKey } from '../terminal/ask-key.ts';
import { printableLine } from '../terminal/printable.ts';
import { withProgress } from '../terminal/progress.ts';

interface SetupOptions extends Pick<CommonOptions, 'config' | 'json'> {
  readonly yes?: true;
}

/** The variable with a login that may create roles: it is needed here only, and so not in the policy file. */
const adminVariable = 'COUNTERSIGN_SETUP_URL';

export const addSetup: AddCommand = (program, host) => {
  const setup = commandGroup(program, 'setup', 'make a database’s own logins a second wall');
  const postgres = setup
    .command('postgres')
    .summary('make the logins wall, read and write of a PostgreSQL connection')
    .description(
      `Prints the SQL that makes the logins wall, read and write, for the masks and rules of the policy file, and applies it once you agree. ${adminVariable} is the postgres:// address of a login that may create roles.`,
    )
    .argument('<connection>', 'a connection of the policy file')
    .option('--yes', 'apply it without asking');
  withFileOptions(postgres, 'the database is reached from here').action((connection: string) =>
    setUp(host, connection, postgres.opts<SetupOptions>()),
  );
};

async function setUp(
  host: Host,
  name: string,
  { config = defaultFile, yes, json }: SetupOptions,
): Promise<void> {
  const { terminal, signal } = host;
  const { out, err } = terminal;
  const { connections, policy } = await loadPolicyFile(host, config);
  const connection = connections.get(name);
  if (connection === undefined) throw unknownConnection(name, [...connections.keys()]);
  if (connection.protocol !== 'postgres')
    throw new CountersignError('wrong_protocol', { what: name, expected: 'a postgres connection' });
  const admin = terminal.env[adminVariable] ?? '';
  if (admin === '')
    throw new CountersignError('config_invalid', {
      what: `${adminVariable} is not set`,
      expected: 'postgres://USER:PASSWORD@HOST/DATABASE of a login that may create roles and owns the tables',
    });
  const { setupPostgres } = await import('@countersign/gateway');
  const planned = await withProgress(terminal, 'Reading the catalog', () =>
    setupPostgres(connection, policy, admin),
  );
  try {
    const { statements, warnings, roles } = planned;
    if (json !== true) for (const statement of statements) await out.line(`${statement};`);
    for (const warning of warnings) await err.line(`Mind: ${printableLine(warning)}.`);
    const applies =
      yes === true ||
      (json !== true &&
        terminal.interactive &&
        (await askKey(terminal, 'Apply this? [y/n]', ['y', 'n'], signal)) === 'y');
    if (applies) await planned.apply();
    if (json === true)
      await out.line(JSON.stringify({ statements, warnings, roles, applied: applies }, null, 2));
    await err.line(
      applies
        ? `Applied. ${roles.wall}, ${roles.read} and ${roles.write} have the passwords of their URLs; see what doctor says.`
        : `Nothing was changed.${json === true || terminal.interactive ? '' : ' There is no terminal to ask in: --yes applies it.'}`,
    );
    host.exit(exitCodes.ok);
  } finally {
    await planned.close();
  }
}
