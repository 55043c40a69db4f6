/** What the documents show is true: their code compiles, their policies load, their commands exist. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parsePolicyFile, runPolicyTests } from '@countersign/policy';
import { describe, expect, test } from '@jest/globals';
import { commands } from '../../packages/cli/src/commands/index.ts';
import { snippet } from '../../packages/cli/src/demo/snippet.ts';
import type { Host } from '../../packages/cli/src/options.ts';
import { buildProgram } from '../../packages/cli/src/program.ts';
import { schemaAnalyses } from '../../packages/cli/src/schema-analyses.ts';
import { blocksIn, documents, root } from './blocks.ts';

test('every TypeScript block compiles against the packages as they are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-docs-'));
  try {
    const sources = await blocksIn('ts');
    expect(sources.length).toBeGreaterThan(0);
    const files = [];
    for (const { file, line, info, text } of sources) {
      // A page is a folder: its blocks that are files import one another.
      const name = join(file.replaceAll('/', '-'), info === '' ? `block-${line}.ts` : info);
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), `${text}\nexport {};\n`);
      files.push(name);
    }
    // As an application beside the example would find the packages.
    await symlink(join(root, 'test/node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          noEmit: true,
          composite: false,
          declaration: false,
          declarationMap: false,
          rewriteRelativeImportExtensions: false,
          allowImportingTsExtensions: true,
          noUnusedLocals: false,
          typeRoots: [join(root, 'node_modules/@types')],
        },
        files,
      }),
    );
    const compiled = await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(compiled.stdout).toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the demo ends with the lines that README.md shows', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  expect(readme).toContain(snippet.join('\n'));
});

/** What a variable of the documents may hold, by its name. */
function standIn(name: string): string {
  if (name.endsWith('_WEBHOOK_URL')) return 'https://hooks.example/countersign';
  return name.endsWith('_WEBHOOK_SECRET')
    ? `whsec_${Buffer.alloc(32).toString('base64')}`
    : 'postgres://host/shop';
}

test('every policy in the documents loads, without a warning', async () => {
  const policies = (await blocksIn('yaml')).filter(({ text }) => text.startsWith('version: 1'));
  expect(policies.length).toBeGreaterThan(0);
  for (const { file, text } of policies) {
    const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, standIn(name)]);
    const env = Object.fromEntries(variables) as Record<string, string>;
    expect(parsePolicyFile(text, { file, env, directory: root }).warnings).toEqual([]);
  }
});

describe('every command line in the documents', () => {
  const program = buildProgram(commands, {} as Host);

  test('names a command and options that exist', async () => {
    const lines = (await blocksIn('sh')).flatMap(({ text }) =>
      text
        .replaceAll('\\\n', ' ')
        .split('\n')
        .filter((line) => line.startsWith('npx pnpm countersign ')),
    );
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const [, , , ...words] = (line.replace(/\s#.*/, '').match(/"[^"]*"|\S+/g) ?? []).map((word) =>
        word.replaceAll('"', ''),
      );
      expect([line, unknownIn(program, words)]).toEqual([line, []]);
    }
  });
});

test('the cases that docs/policy.md shows hold, and the limits that it calls defaults are', async () => {
  const found = (await blocksIn('yaml')).filter(({ file }) => file === 'docs/policy.md');
  const [yaml = '', cases = ''] = found.map(({ text }) => text);
  const load = (text: string) =>
    parsePolicyFile(text, {
      file: 'docs/policy.md',
      env: { SHOP_DB_URL: 'postgres://localhost/shop' },
      directory: root,
    });
  const loaded = load(yaml);
  const results = await runPolicyTests(loaded, cases, {
    file: 'docs/policy.md',
    analyse: schemaAnalyses(join(root, 'examples/shop')),
  });
  expect(results.map(({ name, passed }) => [name, passed])).toEqual([['a change waits for a dba', true]]);
  expect(load('version: 1').policy.limits).toEqual(loaded.policy.limits);
});

test('the tokens that README.md mints are for people and groups of its policy', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, yaml = ''] = /^```yaml\n(.*?)^```/ms.exec(readme) ?? [];
  const { policy } = parsePolicyFile(yaml, {
    file: 'README.md',
    env: { SHOP_DB_URL: 'postgres://localhost/shop' },
    directory: root,
  });
  const named = (option: string) =>
    [...readme.matchAll(new RegExp(`countersign token .*--${option} (\\w+)`, 'g'))].map(
      ([, name = '']) => name,
    );
  for (const person of [...named('owner'), ...named('person')])
    expect(policy.people.get(person)?.name).toBe(person);
  expect(named('owner')).not.toEqual([]);
  for (const group of named('group')) expect(yaml).toContain(`who: { groups: [${group}] }`);
});

/** What of a command line the program does not know. */
function unknownIn(program: ReturnType<typeof buildProgram>, words: readonly string[]): readonly string[] {
  let command = program;
  let rest = words.filter((word) => word !== '--help');
  for (;;) {
    const next = command.commands.find((candidate) => candidate.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (command === program) return rest;
  const usual = command.commands.find((candidate) => ['mint', 'list', 'now'].includes(candidate.name()));
  return (usual ?? command).parseOptions([...rest]).unknown;
}

test('every file that a document links to is there', async () => {
  for (const file of await documents()) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const path = join(root, dirname(file), target);
      const there = await readFile(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'EISDIR',
      );
      expect([file, target, there]).toEqual([file, target, true]);
    }
  }
});

test('every limit names a test that is there', async () => {
  const limits = (await readFile(join(root, 'docs/limits.md'), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('- '));
  expect(limits.length).toBeGreaterThan(10);
  for (const line of limits) {
    const [, file = '', title = ''] = /— `([^`]+)`: "([^"]+)"$/.exec(line) ?? [];
    const source = file === '' ? '' : await readFile(join(root, file), 'utf8');
    expect([line, title !== '' && source.includes(title)]).toEqual([line, true]);
  }
});
