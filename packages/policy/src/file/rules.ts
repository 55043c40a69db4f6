/** `rules:` */
import type { Rule } from '../policy.ts';
import { consequenceReader } from './consequence.ts';
import { anyList, notYet, object, type Read, text } from './read.ts';
import { exceptReader, type Names, scopeOf, scopeShape } from './scope.ts';

/** @param groups The groups that somebody under `people` is in. */
export function rulesReader(known: Names, groups: ReadonlySet<string>): Read<readonly Rule[]> {
  const readRule = object(
    'a rule',
    {
      name: text('the name of a rule', 100),
      ...scopeShape(known),
      except: exceptReader(known),
      when: notYet('when'),
      // oxlint-disable-next-line unicorn/no-thenable -- the file's own word; a rule is never awaited
      then: consequenceReader(groups),
      message: text('a message for the model', 1000),
    },
    ['then'],
  );
  const readAll = anyList(readRule);
  return (tree, report) => {
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
  };
}
