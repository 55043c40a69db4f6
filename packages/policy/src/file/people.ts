/** `people:` the humans, their groups and their accounts; and whether accounts of nobody may vote. */
import { nameSchema } from '@countersign/core';
import type { Person } from '../policy.ts';
import { anyList, described, flag, object, type Read, reader, textLike, wrongKind } from './read.ts';
import type { Report } from './report.ts';
import type { Schema } from './schema.ts';
import { groupName } from './scope.ts';
import type { Position } from './tree.ts';

export interface People {
  readonly people: ReadonlyMap<string, Person>;
  readonly unmappedMayVote: boolean;
}

const readPerson = object('a person', {
  groups: described(anyList(groupName), 'The groups they are in, as `approvers` names them.'),
  accounts: described(
    anyList(textLike('an account like local:dana', /^[a-z][a-z0-9_-]*:[^\p{C}\p{Z}]{1,300}$/u)),
    'The accounts that are theirs, so that one human counts once. `local:NAME` is whom `countersign token --person NAME` makes a token for.',
  ),
});
const unmappedFlag = described(
  flag,
  'Whether an account that stands under nobody may vote, with the groups of its token.',
  false,
);
const schema: Schema = {
  type: 'object',
  properties: { unmapped_may_vote: unmappedFlag.schema },
  additionalProperties: readPerson.schema,
};

/** Reports a name that can't stand in ids, logs and digests. */
export function checkName(what: string, name: string, at: Position, report: Report): boolean {
  if (nameSchema.safeParse(name).success) return true;
  report.problem(at, `"${name.slice(0, 100)}" can't be the name of ${what}`, {
    expected: 'a-z 0-9 _ . @ -, at most 64, the first a letter or digit',
  });
  return false;
}

export const readPeople: Read<People> = reader(schema, (tree, report) => {
  if (tree.kind !== 'map') return wrongKind(tree, report, 'people: a mapping by name');
  const people = new Map<string, Person>();
  const owners = new Map<string, string>();
  let unmappedMayVote = false;
  for (const { key, at, value } of tree.entries.values()) {
    if (key === 'unmapped_may_vote') {
      unmappedMayVote = unmappedFlag(value, report) ?? false;
      continue;
    }
    const read = readPerson(value, report);
    if (!checkName('a person', key, at, report) || read === undefined) continue;
    for (const account of new Set(read.accounts ?? [])) {
      const owner = owners.get(account);
      if (owner !== undefined) report.problem(at, `the account ${account} is ${owner}'s already`);
      owners.set(account, key);
    }
    people.set(key, { name: key, groups: read.groups ?? [], accounts: read.accounts ?? [] });
  }
  return { people, unmappedMayVote };
});

/** The groups that somebody is in. */
export function groupsOf(people: ReadonlyMap<string, Person>): ReadonlySet<string> {
  return new Set([...people.values()].flatMap((person) => person.groups));
}
