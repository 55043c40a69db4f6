/** Lines made at random of what matters to kubectl: whatever they hold, they are judged or denied, and never anything else. */
import { CountersignError, effectInShort } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { analyse, reliedOn } from './effects.ts';
import { judgeArgv } from './judge-argv.ts';
import { type Kind, Kinds } from './kinds.ts';

const told = (argv: readonly string[], stdin: string | null = null): string => {
  try {
    return judgeArgv(argv, stdin, 'shop').effects.map(effectInShort).join(', ');
  } catch (thrown) {
    if (thrown instanceof CountersignError) return thrown.code;
    throw thrown;
  }
};

const words = fc.constantFrom(
  ...'get delete apply create rollout restart exec logs set image label scale pods po web deploy/web secrets all -A -n prod'.split(
    ' ',
  ),
  ...'-nprod --namespace=prod --namespace -f - -f- --dry-run --dry-run=client --all -l app=web -o yaml -oyaml -Aoyaml'.split(
    ' ',
  ),
  ...'-- --as=x --kubeconfig --raw a=b a- * , / // pods,svc pods/ /x -v=9 --all=false -A=false -n= = -= --'.split(
    ' ',
  ),
  '',
  ' ',
  '\\n',
  'é',
  '__proto__',
  'constructor',
  '-'.repeat(5),
  'x'.repeat(300),
);
const denials = ['malformed', 'not_supported', 'unknown_object', 'parse_failed', 'too_large'];

describe('a line of any words', () => {
  test('has effects or is denied with a code, and means the same each time', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), fc.option(fc.string()), (argv, stdin) => {
        const first = told(argv, stdin);
        expect(first).toBe(told([...argv], stdin));
        if (!first.includes(' ') && first !== '') expect(denials).toContain(first);
      }),
      { numRuns: 3000 },
    );
  });

  test('never 45: that goes around the gateway is denied, wherever that stands', () => {
    const around = fc.constantFrom(
      '--kubeconfig=/x',
      '--server=https://x',
      '-shttps://x',
      '--token=x',
      '--as=x',
      '--context=x',
    );
    fc.assert(
      fc.property(fc.nat(4), around, (place, flag) => {
        const line = ['get', 'pods', 'web', '-o', 'yaml'];
        // Right after -o it is the output's name, which is none.
        expect(told(line.toSpliced(place, 0, flag))).toMatch(/^(?:not_supported|malformed)$/);
      }),
    );
  });

  test('never 45: means one namespace, wherever that stands', () => {
    const spellings = fc.constantFrom('-n prod', '-nprod', '-n=prod', '--namespace=prod', '--namespace prod');
    const lines = fc.constantFrom('delete pod web', 'rollout restart deploy/web', 'logs web');
    fc.assert(
      fc.property(lines, spellings, fc.nat(3), (line, spelling, place) => {
        const words = line.split(' ');
        const spelled = words.toSpliced(place, 0, ...spelling.split(' '));
        expect(told(spelled)).toBe(told([...words, '--namespace=prod']));
      }),
    );
  });
});

test('a line of very many objects is judged at once on a cluster of very many kinds', () => {
  const own = Array.from(
    { length: 5000 },
    (_, i): Kind => ({
      group: 'example.com',
      resource: `foos${i}`,
      kind: `Foo${i}`,
      singular: `foo${i}`,
      short: [`f${i}`],
      namespaced: true,
      version: 'v1',
    }),
  );
  const types = Array.from({ length: 1000 }, (_, i) => `f${4000 + i}`).join(',');
  const start = performance.now();
  const analysis = analyse({ argv: ['get', types], stdin: null }, 'shop', new Kinds(own));
  expect(performance.now() - start).toBeLessThan(3000);
  expect(reliedOn(analysis).kinds).toEqual(own.slice(4000));
});
