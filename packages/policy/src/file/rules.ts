/** `rules:` */
import type { Rule } from '../policy.ts';
import { consequenceReader } from './consequence.ts';
import { anyList, described, notYet, object, type Read, reader, text } from './read.ts';
import { exceptReader, type Names, scopeOf, scopeShape } from './scope.ts';

/** @param groups The groups that somebody under `people` is in. */
export function rulesReader(known: Names, groups: ReadonlySet<string>): Read<readonly Rule[]> {
  const readRule = object(
    'a rule',
    {
      name: described(
        text('the name of a rule', 100),
        'For people and the record; left out, the rule is `rules[0]`, `rules[1]`, …',
      ),
      ...scopeShape(known),
      except: described(exceptReader(known), 'Takes out what matches all of its keys.'),
      when: notYet('when'),
      // oxlint-disable-next-line unicorn/no-thenable -- the file's own word; a rule is never awaited
      then: described(consequenceReader(groups), 'What the rule says of what it matches.'),
      message: described(
        text('a message for the model', 1000),
        'What the model reads beside a denial by this rule.',
      ),
    },
    ['then'],
  );
  const readAll = anyList(readRule);
  return reader(readAll.schema, (tree, report) => {
    const names = new Set<string>();
    return readAll(tree, report)?.map((rule, index) => {
      const name = rule.name ?? `rules[${index}]`;
      if (names.has(name)) report.warning(tree.at, `two rules are named "${name}"`);
      names.add(name);
      return {
        name,
        ...scopeOf(rule),
        ...(rule.except === undefined ? {} : { except: rule.except }),
        // oxlint-disable-next-line unicorn/no-thenable -- as above
        then: rule.then ?? { verdict: 'deny' },
        ...(rule.message === undefined ? {} : { message: rule.message }),
      };
    });
  });
}
