/** `countersign approvals`: what waits for people, the card, and the vote. */
import {
  type ApprovalId,
  type ApprovalView,
  approvalDigestSchema,
  approvalIdSchema,
  type VoteRequest,
} from '@countersign/core';
import type { Command } from 'commander';
import { card } from '../card.ts';
import { exitCodes } from '../exit-codes.ts';
import { canBeLive, live } from '../live/live.ts';
import {
  type AddCommand,
  type CommonOptions,
  commandGroup,
  type Host,
  parseId,
  parseName,
  whoOption,
  withCommonOptions,
  withHelpOf,
} from '../options.ts';
import { personClient } from '../reach-gateway.ts';
import { askKey } from '../terminal/ask-key.ts';
import { printableLine } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import type { Channel } from '../terminal/terminal.ts';
import { fromNow } from '../terminal/times.ts';
import { UsageError } from '../usage-error.ts';
import { effectsInShort, voteInWords } from '../vote-in-words.ts';

interface PersonOptions extends CommonOptions {
  readonly person?: string;
}
interface ListOptions extends PersonOptions {
  readonly plain?: true;
}
interface VoteOptions extends PersonOptions {
  readonly reason?: string;
  readonly digest?: VoteRequest['digest'];
  readonly yes?: true;
}

export const addApprovals: AddCommand = (program, host) => {
  const approvals = commandGroup(program, 'approvals', 'see what waits for your vote, and vote');
  const list = withPerson(
    approvals
      .command('list', { isDefault: true })
      .description('what waits for a vote; in a terminal a live list, where you vote by key')
      .option('--plain', 'print the list once, also in a terminal'),
  );
  withHelpOf(approvals, list);
  list.action(async () => {
    const options = list.opts<ListOptions>();
    if (options.json !== true && options.plain !== true && canBeLive(host))
      await live(host, await personClient(host, options));
    else await listWaiting(host, options);
  });
  const show = withPerson(
    approvals
      .command('show')
      .description('one approval whole: what would be run, what it would change, who has voted')
      .argument('<id>', idText, idOf),
  );
  show.action(async (id: ApprovalId) => {
    const options = show.opts<PersonOptions>();
    const approval = await (await personClient(host, options)).getApproval(id, { signal: host.signal });
    await print(host, host.terminal.out, approval, options);
    const { state, may_vote, may_not_vote_because: why } = approval;
    if (state === 'waiting' && !may_vote)
      await host.terminal.err.line(`You may not vote on it: ${why ?? ''}`);
  });
  addVote(approvals, host, 'approve');
  addVote(approvals, host, 'reject');
};

const idOf = parseId(approvalIdSchema);
const idText = 'the approval’s id, as the list shows it: apr_…';

function withPerson(command: Command): Command {
  return withCommonOptions(command).addOption(
    whoOption(
      '--person <name>',
      'as whom, where `countersign token --person` or `login` kept tokens of several people',
    ).argParser(parseName),
  );
}

async function listWaiting(host: Host, options: PersonOptions): Promise<void> {
  const { out, err } = host.terminal;
  const { approvals, next } = await (await personClient(host, options)).listApprovals({
    limit: 500,
    signal: host.signal,
  });
  if (options.json === true) return await out.line(JSON.stringify({ approvals }, null, 2));
  if (approvals.length === 0) return await err.line('Nothing waits.');
  const rows = approvals.map(({ id, preview, vote_by, may_vote }) => [
    id,
    preview.principal,
    preview.connection,
    effectsInShort(preview.words),
    fromNow(vote_by, host.now()),
    may_vote ? 'yes' : 'no',
  ]);
  for (const line of table(['id', 'who', 'connection', 'effects', 'decide', 'may I'], rows, out.paint))
    await out.line(line);
  if (next !== null) await err.line('There are more.');
}

async function print(
  host: Host,
  channel: Channel,
  approval: ApprovalView,
  { json }: CommonOptions,
): Promise<void> {
  if (json === true) return await channel.line(JSON.stringify(approval, null, 2));
  const { paint, width } = channel;
  for (const line of card(approval, { paint, width, now: host.now() })) await channel.line(line);
}

function addVote(approvals: Command, host: Host, vote: VoteRequest['vote']): void {
  const command = withPerson(
    approvals
      .command(vote)
      .description(
        vote === 'approve'
          ? 'show one approval, ask whether you mean it, and approve exactly what was shown'
          : 'show one approval and reject it: the call never runs',
      )
      .argument('<id>', idText, idOf)
      .option('--reason <text>', 'why; the record keeps it, and other people read it')
      .option(
        '--digest <digest>',
        'vote only if it is still what you reviewed; `approvals show ID --json` prints it',
        parseId(approvalDigestSchema),
      )
      .option('--yes', 'don’t ask whether you mean it'),
  );
  command.action(async (id: ApprovalId) => {
    const options = command.opts<VoteOptions>();
    const client = await personClient(host, options);
    const { terminal, signal } = host;
    const shown = await client.getApproval(id, { signal });
    if (options.json !== true) await print(host, terminal.err, shown, options);
    if (vote === 'approve' && !(await confirmed(host, options))) {
      await terminal.err.line('Not voted.');
      return host.exit(exitCodes.no);
    }
    const { reason, digest = shown.digest } = options;
    const after = await client.vote(
      id,
      { vote, digest, ...(reason === undefined ? {} : { reason }) },
      { signal },
    );
    if (options.json === true) return await terminal.out.line(JSON.stringify(after, null, 2));
    await terminal.err.line(printableLine(voteInWords(vote, after)));
  });
}

/** Approving needs a person who looked: a key in a terminal, else the digest of what was looked at, or `--yes`. */
async function confirmed({ terminal, signal }: Host, { yes, digest }: VoteOptions): Promise<boolean> {
  if (yes === true || digest !== undefined) return true;
  if (!terminal.interactive)
    throw new UsageError(
      'no terminal to ask in',
      '--digest of what was reviewed, as `approvals show ID --json` prints it, or --yes',
    );
  return (await askKey(terminal, 'Approve exactly this? [y/n]', ['y', 'n'], signal)) === 'y';
}
