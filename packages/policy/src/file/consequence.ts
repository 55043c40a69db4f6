/** `then:` and `filter:`: allow, deny, or ask. */
import type { AskRule, Consequence } from '../policy.ts';
import { flag, list, notYet, object, type Read, wholeNumber, wrongKind } from './read.ts';
import { groupName } from './scope.ts';
import { day, duration, hour, minute } from './units.ts';

const within = duration(30 * day, '30d');
const approvers = list('groups of approvers', groupName);

/** Reports a group that nobody is in, as a warning: such an ask still asks. */
function approversOf(groups: ReadonlySet<string>): Read<readonly string[]> {
  return (tree, report) => {
    const names = approvers(tree, report);
    for (const name of names ?? [])
      if (!groups.has(name)) report.warning(tree.at, `nobody under people is in the group ${name}`);
    return names === undefined ? undefined : [...new Set(names)].toSorted();
  };
}

function askReader(groups: ReadonlySet<string>): Read<AskRule> {
  const read = object(
    'ask',
    {
      approvers: approversOf(groups),
      votes: wholeNumber('votes', 1, 100),
      vote_within: within,
      start_within: within,
      reason: flag,
      tolerance: notYet('tolerance'),
      bind: notYet('bind'),
    },
    ['approvers'],
  );
  return (tree, report) => {
    const ask = read(tree, report);
    return (
      ask && {
        approvers: ask.approvers ?? [],
        votes: ask.votes ?? 1,
        voteWithinMs: ask.vote_within ?? hour,
        startWithinMs: ask.start_within ?? 10 * minute,
        reason: ask.reason ?? false,
      }
    );
  };
}

/** @param groups The groups that somebody under `people` is in. */
export function consequenceReader(groups: ReadonlySet<string>): Read<Consequence> {
  const readAsk = object('then', { ask: askReader(groups) }, ['ask']);
  const expected = 'allow, deny, or ask: { approvers: [GROUP] }';
  return (tree, report) => {
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
  };
}
