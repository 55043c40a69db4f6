/** `countersign token`: mint, list and revoke tokens, as the operator. */
import type { Client } from '@countersign/client';
import { type MintInput, type TokenView, tokenIdSchema } from '@countersign/core';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import {
  type AddCommand,
  type CommonOptions,
  collect,
  commandGroup,
  type Host,
  parseId,
  parseName,
  withCommonOptions,
  withExamples,
  withHelpOf,
} from '../options.ts';
import { keepPersonToken } from '../person-tokens.ts';
import { operatorClient } from '../reach-gateway.ts';
import { printable, printableLine } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import { fromNow, parseSeconds } from '../terminal/times.ts';
import { UsageError } from '../usage-error.ts';

interface MintOptions extends CommonOptions {
  readonly agent?: string;
  readonly service?: string;
  readonly person?: string;
  readonly operator?: string;
  readonly auditor?: string;
  readonly group?: readonly string[];
  readonly owner?: string;
  readonly onBehalfOf?: string;
  readonly expires?: number;
}

export const addToken: AddCommand = (program, host) => {
  const token = commandGroup(program, 'token', 'make, list and revoke tokens, as the operator');
  addMint(token, host);
  const list = token.command('list').description('all tokens, who has them and how long; never their text');
  withCommonOptions(list).action(async () => {
    const options = list.opts<CommonOptions>();
    const { tokens } = await (await operatorClient(host, options)).listTokens({ signal: host.signal });
    const { out } = host.terminal;
    if (options.json === true) return await out.line(JSON.stringify({ tokens }, null, 2));
    const rows = tokens.map((view) => rowOf(view, host.now()));
    for (const line of table(['id', 'who', 'groups', 'owner', 'for', 'valid'], rows, out.paint))
      await out.line(line);
  });
  const revoke = token
    .command('revoke')
    .description('end a token at once, or all tokens and sessions of a person')
    .argument('[id]', 'as the list shows it', parseId(tokenIdSchema))
    .option('--person <name>', 'an entry under people, or an account; votes that they cast no longer count');
  withCommonOptions(revoke).action(async (id: TokenView['id'] | undefined) => {
    const options = revoke.opts<CommonOptions & { readonly person?: string }>();
    const { person } = options;
    if ((id === undefined) === (person === undefined))
      throw new UsageError('one thing is revoked at a time', 'ID, or --person NAME');
    const client = await operatorClient(host, options);
    if (id === undefined) return await revokePerson(host, client, options, person ?? '');
    await client.revokeToken(id, { signal: host.signal });
    if (options.json === true) await host.terminal.out.line(JSON.stringify({ id, revoked: true }));
    await host.terminal.err.line(`${id} is revoked.`);
  });
};

async function revokePerson(
  { terminal, signal }: Host,
  client: Client,
  options: CommonOptions,
  person: string,
): Promise<void> {
  const taken = await client.revokePerson({ person }, { signal });
  if (options.json === true) await terminal.out.line(JSON.stringify({ person, ...taken }));
  const { sessions, tokens } = taken;
  await terminal.err.line(
    `${printableLine(person)}: revoked ${counted(sessions, 'session')} and ${counted(tokens, 'token')}. Votes cast by them no longer count.`,
  );
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function addMint(token: Command, host: Host): void {
  const mint = token
    .command('mint', { isDefault: true })
    .description(
      'make a token; it is printed once, but a person’s, which is kept on this machine for `approvals`',
    )
    .option('--agent <name>', 'for an agent, which makes calls', parseName)
    .option('--service <name>', 'for a service, which makes calls', parseName)
    .option('--person <name>', 'for a person, who votes: a name under people in the policy file', parseName)
    .option('--operator <name>', 'for an operator, who looks after tokens, policy and stops', parseName)
    .option('--auditor <name>', 'for an auditor, who reads everything and changes nothing', parseName)
    .option(
      '--group <group>',
      'a group that the agent or service is in, for rules to name; repeatable',
      (value: string, before?: readonly string[]) => collect(parseName(value), before),
    )
    .option(
      '--owner <person>',
      'the person who answers for the agent or service, and can’t vote on its calls',
      parseName,
    )
    .option(
      '--on-behalf-of <person>',
      'the person whom the agent or service acts for; can’t vote on its calls either',
      parseName,
    )
    .option('--expires <time>', 'how long it is valid: 15m, 8h, 30d; default 30d', parseSeconds);
  withHelpOf(token, mint);
  withExamples(
    token,
    'countersign token --agent support --group agents --owner olivia',
    'countersign token --person dana',
  );
  withCommonOptions(mint).action(async () => {
    const options = mint.opts<MintOptions>();
    const request = requestOf(options);
    const client = await operatorClient(host, options);
    const minted = await client.mintToken(request, { signal: host.signal });
    const { out, err, env } = host.terminal;
    const { view } = minted;
    const valid = `${view.id}, expires ${fromNow(view.expires_at, host.now())}`;
    if (options.json === true) await out.line(JSON.stringify(minted, null, 2));
    else if (view.class !== 'person') {
      await out.line(minted.token);
      await err.line(`A token for ${view.class} ${view.name} (${valid}). It is shown this once.`);
    } else {
      const { name: person, expires_at } = view;
      const path = await keepPersonToken(env, client.url, { person, token: minted.token, expires_at });
      await err.line(`A token for person ${person} (${valid}). It is kept in ${path}.`);
    }
    for (const warning of minted.warnings)
      await err.line(`${err.paint('yellow', 'warning')} ${printable(warning)}`);
    host.exit(exitCodes.ok);
  });
}

function requestOf(options: MintOptions): MintInput {
  const { group, owner, onBehalfOf, expires } = options;
  const classes = (['agent', 'service', 'person', 'operator', 'auditor'] as const).filter(
    (name) => options[name] !== undefined,
  );
  const [tokenClass, another] = classes;
  const name = tokenClass === undefined ? undefined : options[tokenClass];
  if (tokenClass === undefined || name === undefined || another !== undefined)
    throw new UsageError(
      another === undefined ? 'nobody is named whom the token is for' : 'a token for several',
      'one of --agent, --service, --person, --operator, --auditor NAME',
    );
  if (owner === undefined && (tokenClass === 'agent' || tokenClass === 'service'))
    throw new UsageError(
      `no owner of ${tokenClass} ${name}`,
      '--owner PERSON: who answers for it, and can’t vote on what it asks',
    );
  return {
    class: tokenClass,
    name,
    ...(group === undefined ? {} : { groups: [...group] }),
    ...(owner === undefined ? {} : { owner }),
    ...(onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf }),
    ...(expires === undefined ? {} : { expires_in: expires }),
  };
}

function rowOf(view: TokenView, now: Date): (string | null)[] {
  const expired = Date.parse(view.expires_at) <= now.getTime();
  const valid =
    view.revoked_at !== null
      ? 'revoked'
      : `${expired ? 'expired' : 'expires'} ${fromNow(view.expires_at, now)}`;
  return [view.id, `${view.class}:${view.name}`, view.groups.join(' '), view.owner, view.on_behalf_of, valid];
}
