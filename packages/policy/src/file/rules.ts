/** `rules:` */
import type { RowsCondition, Rule } from '../policy.ts';
import { consequenceReader } from './consequence.ts';
import { anyList, described, object, type Read, reader, text } from './read.ts';
import { exceptReader, type Names, scopeOf, scopeShape } from './scope.ts';

const comparison = text('a comparison like "> 100"', 20);
const rowsCondition: Read<RowsCondition> = reader(
  { ...comparison.schema, pattern: '^(>|>=|<|<=|=) ?[0-9]{1,9}$' },
  (tree, report) => {
    const value = comparison(tree, report);
    if (value === undefined) return undefined;
    const [, is, rows] = /^(>=|<=|>|<|=) ?([0-9]{1,9})$/.exec(value) ?? [];
    if (is !== undefined) return { is: is as RowsCondition['is'], rows: Number(rows) };
    report.problem(tree.at, `"${value}" is no comparison`, {
      expected: '">", ">=", "<", "<=" or "=", and a number',
    });
    return undefined;
  },
);

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
      when: described(
        object(
          'when',
          {
            rows: described(
              rowsCondition,
              'How many rows it changes, by a trial or else by the planner’s estimate; how many it returns, where it only reads.',
            ),
          },
          ['rows'],
        ),
        'For which effects the rule holds. What can’t be measured meets a rule that asks or denies, and none that allows.',
      ),
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
        ...(rule.when?.rows === undefined ? {} : { when: rule.when.rows }),
        // oxlint-disable-next-line unicorn/no-thenable -- as above
        then: rule.then ?? { verdict: 'deny' },
        ...(rule.message === undefined ? {} : { message: rule.message }),
      };
    });
  });
}
