import { describe, expect, test } from '@jest/globals';
import { readDocument } from './graphql-document.ts';

const refusal = (source: string, wanted: string | null = null) => {
  try {
    readDocument(source, wanted);
    return 'accepted';
  } catch (thrown) {
    const { code, details } = thrown as { code: string; details: { what?: string } };
    return `${code}: ${details.what}`;
  }
};

test('an operation is told with its root’s fields, all fields and their other names', () => {
  const source = `query A { x } mutation B($id: ID!) { p: pay(id: $id) { ...F } ... on Mutation { note ...G } }
    fragment F on Paid { total t: tax } fragment G on Mutation { note log }`;
  expect(readDocument(source, 'B')).toEqual({
    type: 'mutation',
    name: 'B',
    roots: ['pay', 'note', 'log'],
    fields: ['x', 'pay', 'note', 'total', 'tax', 'note', 'log'],
    aliases: [
      ['p', 'pay'],
      ['t', 'tax'],
    ],
  });
});

describe('what would take a parser, or a server, too long is refused at once', () => {
  test.each([
    ['fields within fields', `${'{a'.repeat(4000)}${'}'.repeat(4000)}`],
    ['more of them than tokens are read', '{a'.repeat(100_000)],
    ['lists within lists', `{a(b:${'['.repeat(4000)}${']'.repeat(4000)})}`],
    ['types within types', `query($a:${'['.repeat(6000)}Int${']'.repeat(6000)}){a}`],
    ['inline fragments within each other', `{${'...{'.repeat(1000)}a${'}'.repeat(1001)}`],
    ['a long chain of fragments', `{...F0}${chain(1500, 1)} fragment F1500 on Q{a}`],
    ['fragments that multiply', `{...F0}${chain(25, 3)} fragment F25 on Q{a}`],
    ['comments', '#\n'.repeat(50_000)],
    ['a long text', `{a(b:"${'x'.repeat(300_000)}")}`],
    ['a text without an end', `{a(b:"""${'"'.repeat(100_000)}`],
  ])('%s', (_, source) => {
    const start = performance.now();
    expect(refusal(source)).toMatch(/^(?:parse_failed|too_large): a GraphQL/);
    // Seconds on a busy machine; without the bounds it would be minutes.
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('and is no hindrance to what follows', () => {
    for (let times = 0; times < 20; times++) refusal(`${'{a'.repeat(4000)}${'}'.repeat(4000)}`);
    expect(refusal('{ a }')).toBe('accepted');
  });
});

test('the query that tools ask for a schema is read', () => {
  const type = (depth: number): string => (depth === 0 ? 'name' : `name ofType { ${type(depth - 1)} }`);
  const source = `query IntrospectionQuery { __schema { queryType { name } types { ...FullType } directives { name args { ...Value } } } }
    fragment FullType on __Type { kind name fields(includeDeprecated: true) { name args { ...Value } type { ...Ref } } interfaces { ...Ref } }
    fragment Value on __InputValue { name type { ...Ref } defaultValue } fragment Ref on __Type { ${type(9)} }`;
  expect(refusal(source)).toBe('accepted');
});

/** Fragments that each name the next one so many times. */
function chain(length: number, times: number): string {
  return Array.from({ length }, (_, at) => ` fragment F${at} on Q{${`...F${at + 1} `.repeat(times)}}`).join(
    '',
  );
}
