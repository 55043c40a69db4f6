/** `then:` and `filter:`: allow, deny, or ask. */
import type { AskRule, Consequence } from '../policy.ts';
import { described, flag, list, object, oneOf, type Read, reader, wholeNumber, wrongKind } from './read.ts';
import type { Schema } from './schema.ts';
import { groupName } from './scope.ts';
import { day, duration, hour, minute } from './units.ts';

const bindings = ['exact', 'counts'] as const;
const within = duration(30 * day, '30d');
const approvers = list('groups of approvers', groupName);

/** Reports a group that nobody is in, as a warning: such an ask still asks. */
function approversOf(groups: ReadonlySet<string>): Read<readonly string[]> {
  return reader(approvers.schema, (tree, report) => {
    const names = approvers(tree, report);
    for (const name of names ?? [])
      if (!groups.has(name)) report.warning(tree.at, `nobody under people is in the group ${name}`);
    return names === undefined ? undefined : [...new Set(names)].toSorted();
  });
}

function askReader(groups: ReadonlySet<string>): Read<AskRule> {
  const read = object(
    'ask',
    {
      approvers: described(
        approversOf(groups),
        'Who may vote: everyone under `people` who is in one of these groups, except the owner of the agent and the person it acts for.',
      ),
      votes: described(wholeNumber('votes', 1, 100), 'How many different people have to approve.', 1),
      vote_within: described(within, 'How long people have, from the call on; then it expires.', '1h'),
      start_within: described(
        within,
        'How long an approved call may wait to be run, from the deciding vote on. Parked runs need days.',
        '10m',
      ),
      remind: described(
        within,
        'How long before `vote_within` is over those who were asked are reminded. Left out: when a quarter of it is left.',
      ),
      reason: described(flag, 'Whether an approval needs a reason.', false),
      fresh: described(
        duration(hour, '1h'),
        'How long ago, at most, who approves has to have signed in again for this very approval: at an identity provider that says when (`auth_time`). Left out: no such sign-in.',
      ),
      bind: described(
        oneOf(bindings),
        'What of an effect that was tried is committed only as it was shown. `exact`: keys, new values and numbers of rows; a call with values that can’t be known beforehand is denied. `counts`: the numbers of rows by table.',
        'exact',
      ),
      tolerance: described(
        wholeNumber('rows', 0, 1_000_000_000),
        'Rows by which each number may differ from what was shown.',
        0,
      ),
    },
    ['approvers'],
  );
  return reader(read.schema, (tree, report) => {
    const ask = read(tree, report);
    if (ask?.remind !== undefined && ask.remind >= (ask.vote_within ?? hour))
      report.problem(tree.at, 'the reminder comes before the question', {
        expected: 'a remind that is shorter than vote_within',
      });
    return (
      ask && {
        approvers: ask.approvers ?? [],
        votes: ask.votes ?? 1,
        voteWithinMs: ask.vote_within ?? hour,
        startWithinMs: ask.start_within ?? 10 * minute,
        reason: ask.reason ?? false,
        ...(ask.remind === undefined ? {} : { remindMs: ask.remind }),
        ...(ask.fresh === undefined ? {} : { freshMs: ask.fresh }),
        ...(ask.bind === 'counts' ? { bind: ask.bind } : {}),
        ...((ask.tolerance ?? 0) > 0 ? { tolerance: ask.tolerance ?? 0 } : {}),
      }
    );
  });
}

/** @param groups The groups that somebody under `people` is in. */
export function consequenceReader(groups: ReadonlySet<string>): Read<Consequence> {
  const readAsk = object('then', { ask: described(askReader(groups), 'Who is asked, and how.') }, ['ask']);
  const schema: Schema = { anyOf: [{ type: 'string', enum: ['allow', 'deny'] }, readAsk.schema] };
  const expected = 'allow, deny, or ask: { approvers: [GROUP] }';
  return reader(schema, (tree, report) => {
    if (tree.kind === 'map') {
      const ask = readAsk(tree, report)?.ask;
      return ask && { verdict: 'ask', ask };
    }
    const word = tree.kind === 'scalar' ? tree.value : null;
    if (word === 'allow' || word === 'deny') return { verdict: word };
    if (word === 'ask') {
      report.problem(tree.at, '"ask" without approvers', { expected: 'ask: { approvers: [GROUP] }' });
      return undefined;
    }
    if (typeof word !== 'string') return wrongKind(tree, report, expected);
    report.notOneOf(tree.at, `"${word.slice(0, 60)}" is not known here`, word, ['allow', 'deny', 'ask']);
    return undefined;
  });
}
