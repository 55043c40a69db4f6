/** The published packages, packed and installed into an application of its own: what is in them, and that they work. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isErrorCode } from '@countersign/core';
import { startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commands } from '../../packages/cli/src/commands/index.ts';
import type { Host } from '../../packages/cli/src/options.ts';
import { buildProgram } from '../../packages/cli/src/program.ts';
import { blocksOf } from '../docs/blocks.ts';
import { installApplication } from './install.ts';
import { type PackedPackage, packPackages, readManifest, root } from './packed.ts';
import { runTool, tryTool } from './run-tool.ts';

const rooms = ['agents', 'cli', 'client', 'console', 'core', 'gateway', 'policy', 'postgres', 'testing'];
/** With an index; the command has none. */
const libraries = rooms.filter((room) => room !== 'cli');

let folder = '';
let packed: ReadonlyMap<string, PackedPackage>;
let application = '';
/** The policy and the database that come with the command. */
let shop = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-packages-'));
  const all = await packPackages(folder);
  packed = new Map(all.map((one) => [one.room, one]));
  application = join(folder, 'application');
  shop = join(application, 'node_modules/@countersign/cli/examples/shop');
  await installApplication(application, all);
}, 240_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function room(name: string): PackedPackage {
  const found = packed.get(name);
  if (found === undefined) throw new Error(`${name} was not packed`);
  return found;
}

/** Runs a program of the application with the pinned Node first on its path. */
const inApplication = {
  get cwd() {
    return application;
  },
  env: { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
};

test('every package that is not private is packed', () => {
  expect([...packed.keys()].toSorted()).toEqual(rooms);
});

describe.each(rooms)('the tarball of %s', (name) => {
  test('holds what runs, its types, and nothing else', () => {
    const meant = (file: string) =>
      ['LICENSE', 'README.md', 'package.json'].includes(file) ||
      (file.startsWith('dist/') &&
        /\.(?:js|js\.map|d\.ts)$/.test(file) &&
        !/(?:\.test\.|(?:^|\/)testing\/)/.test(file)) ||
      (name === 'cli' && file.startsWith('examples/shop/')) ||
      (name === 'console' && /^dist\/site\/(?:index\.html|assets\/[\w-]+\.(?:css|svg))$/.test(file));
    const { files } = room(name);
    expect(files.filter((file) => !meant(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files.some((file) => file.endsWith('.d.ts'))).toBe(name !== 'cli');
  });

  test('has a manifest that means outside what it meant here', async () => {
    const { manifest, folder: unpacked } = room(name);
    const text = await readFile(join(unpacked, 'package.json'), 'utf8');
    expect(text).not.toContain('workspace:');
    expect(text).not.toContain('@countersign/source');
    const { version } = await readManifest(join(root, 'packages', name));
    expect(manifest).toMatchObject({
      name: `@countersign/${name}`,
      version,
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=22.19' },
    });
    // An install script of a package is what an attacker would want.
    expect(Object.keys(manifest.scripts ?? {})).toEqual([]);
    for (const [dependency, wanted] of Object.entries(manifest.dependencies ?? {})) {
      expect([dependency, wanted]).toEqual([
        dependency,
        expect.stringMatching(/^(?:npm:[\w-]+@)?\d+\.\d+\.\d+/),
      ]);
      if (dependency.startsWith('@countersign/')) expect([dependency, wanted]).toEqual([dependency, version]);
    }
  });

  test('has exports, types and commands where it says', () => {
    const { manifest, files } = room(name);
    if (name === 'cli') expect(manifest.bin).toEqual({ countersign: './dist/main.js' });
    else
      expect(manifest.exports).toEqual({
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      });
    const named = [
      ...Object.values(manifest.bin ?? {}),
      ...Object.values(manifest.exports ?? {}).flatMap((to) =>
        typeof to === 'string' ? [to] : Object.values(to),
      ),
    ];
    expect(named.filter((path) => !files.includes(path.replace('./', '')))).toEqual([]);
  });

  test('imports only what it brings or declares', async () => {
    const { manifest, files, folder: unpacked } = room(name);
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ]);
    const wrong: string[] = [];
    for (const file of files.filter((one) => one.endsWith('.js'))) {
      const text = await readFile(join(unpacked, file), 'utf8');
      for (const [, from = ''] of text.matchAll(/(?<![.\w])(?:from|import)[ (]'([^']+)'/g)) {
        const known = from.startsWith('.')
          ? files.includes(posix.join(posix.dirname(file), from))
          : from.startsWith('node:') || declared.has(packageOf(from));
        if (!known) wrong.push(`${file}: ${from}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('tells nothing of the machine that built it', async () => {
    const { files, folder: unpacked } = room(name);
    for (const file of files) {
      const text = await readFile(join(unpacked, file), 'utf8');
      expect([file, text.includes(folder), text.includes(root)]).toEqual([file, false, false]);
    }
  });

  test('has a README that names it, its errors, and no file that does not come with it', async () => {
    const { manifest, files, folder: unpacked } = room(name);
    const text = await readFile(join(unpacked, 'README.md'), 'utf8');
    expect(text.startsWith(`# ${manifest.name}\n`)).toBe(true);
    const [, errors = ''] = /^## Errors\n(.*?)(?=^## |$(?![^]))/ms.exec(text) ?? [];
    const codes = [...errors.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code);
    expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
    expect(codes).not.toEqual([]);
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target = '']) => target);
    expect(links.filter((target) => !target.startsWith('https:') && !files.includes(target))).toEqual([]);
  });
});

test('the README of the command shows commands and options that exist', async () => {
  const text = await readFile(join(room('cli').folder, 'README.md'), 'utf8');
  const program = buildProgram(commands, {} as Host);
  const lines = [...text.matchAll(/^npx countersign ([^#\n]*[^#\s])/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    let command = program;
    let words = line.split(' ');
    for (;;) {
      const next = command.commands.find((one) => one.name() === words[0]);
      if (next === undefined) break;
      [command, words] = [next, words.slice(1)];
    }
    const usual = command.commands.find((one) => ['mint', 'list', 'now'].includes(one.name()));
    expect([line, command === program, (usual ?? command).parseOptions(words).unknown]).toEqual([
      line,
      false,
      [],
    ]);
  }
});

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('an application that installs them', () => {
  const sources = fileURLToPath(new URL('application/', import.meta.url));
  let examples: readonly Example[] = [];
  let compiled: readonly string[] = [];

  beforeAll(async () => {
    await cp(sources, join(application, 'src'), { recursive: true });
    examples = await typeScriptBlocks();
    for (const { name, text } of examples) {
      const file = join(application, 'src', `${name}.ts`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${text}\nexport {};\n`);
    }
    await writeFile(
      join(application, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          target: 'es2024',
          strict: true,
          rewriteRelativeImportExtensions: true,
          skipLibCheck: false,
          // But for the compiler's own.
          skipDefaultLibCheck: true,
          types: ['node'],
          rootDir: 'src',
          outDir: 'out',
        },
        include: ['src'],
      }),
    );
    const { stdout } = await tryTool(
      join(root, 'node_modules/.bin/tsc'),
      ['--pretty', 'false', '--singleThreaded'],
      inApplication,
    );
    compiled = stdout.split('\n').filter((line) => /^\S/.test(line));
  }, 120_000);

  test('type-checks, from ESM and by require, every type of ours included', () => {
    // Some of the SDK's own types do not compile in this version of TypeScript, so those are left out.
    const ours = compiled.filter((line) => !/^node_modules\/\.pnpm\/@openai\+agents[^/]*\//.test(line));
    expect(ours).toEqual([]);
  });

  test('runs from ESM: a call waits, is approved and runs once, on the SDK that the application has', async () => {
    const found: unknown = JSON.parse(await runTool(process.execPath, ['out/main.js'], inApplication));
    expect(found).toEqual({
      pending: ['shop_db_query on shop-db'],
      final: 'Refunded.',
      states: ['succeeded', 'succeeded'],
      refused: 'config_invalid',
      codes: true,
      functions: ['function', 'function', 'function', 'function'],
      majors: [15, 16, 17, 18],
      sameSdk: true,
    });
  });

  /** With stores that begin as those of the tests do; `main.js` takes the whole road. */
  const quick = ['--liftoff-only', '--import', new URL('../support/kept-pglite.ts', import.meta.url).href];

  test('runs from CommonJS, by require: a call waits and is rejected', async () => {
    const args = [...quick, 'out/main.cjs'];
    const found: unknown = JSON.parse(await runTool(process.execPath, args, inApplication));
    expect(found).toEqual({
      tool: ['function', 'shop_db_query'],
      final: 'I could not.',
      states: ['rejected'],
      error: true,
      functions: ['function', 'function', 'function', 'function'],
    });
  });

  test('gets the same modules by import and by require', async () => {
    const script = `import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const differ = [];
      for (const name of ${JSON.stringify(libraries)}) {
        const imported = await import('@countersign/' + name);
        const required = require('@countersign/' + name);
        for (const key of Object.keys(imported)) if (imported[key] !== required[key]) differ.push(name + ' ' + key);
      }
      console.log(JSON.stringify(differ));`;
    const args = ['--input-type=module', '--eval', script];
    expect(await runTool(process.execPath, args, inApplication)).toBe('[]\n');
  });

  test.each(['core', 'gateway', 'policy', 'postgres', 'testing'])(
    'sees the example in the README of %s print what it says',
    async (name) => {
      const example = examples.find((one) => one.name === `packages-${name}-README/block-0`);
      expect(example?.prints).not.toEqual([]);
      await cp(shop, application, { recursive: true });
      await using server = await startPostgres();
      const database = await server.createDatabase({ seed: await readFile(join(shop, 'shop.sql'), 'utf8') });
      const env = { ...inApplication.env, DATABASE_URL: database.url };
      const args = [...quick, `out/${example?.name}.js`];
      const printed = await runTool(process.execPath, args, { cwd: application, env });
      expect(printed).toBe(example?.prints.map((line) => `${line}\n`).join(''));
    },
  );

  describe('has the command', () => {
    const countersign = (...args: readonly string[]) =>
      runTool(join(application, 'node_modules/.bin/countersign'), args, inApplication);

    test('which knows its version', async () => {
      expect(await countersign('--version')).toBe(`${room('cli').manifest.version}\n`);
    });

    test('which explains itself', async () => {
      expect(await countersign('demo', '--help')).toContain('Usage: countersign demo');
    });

    test('which brings the example, and judges by its policy', async () => {
      const effects = [{ action: 'write', resource: 'table:public.orders' }];
      const asked = {
        name: 'a change waits',
        as: 'agent:support',
        groups: ['agents'],
        connection: 'shop-db',
        effects,
        expect: 'ask',
      };
      await cp(shop, application, { recursive: true });
      const cases = join(application, 'one.test.yaml');
      await writeFile(cases, JSON.stringify({ version: 1, cases: [asked] }));
      expect(await countersign('policy', 'test', cases)).toMatch(/^✓ a change waits +ask$/m);
    });
  });
});

interface Example {
  /** The document's folder and the block's own file: `packages-core-README/block-0`. */
  readonly name: string;
  readonly text: string;
  /** The lines that it says it prints: what stands behind its `console.log`s. */
  readonly prints: readonly string[];
}

/** Every TypeScript block of the documents that an application's author reads. Those of one document may import each other. */
async function typeScriptBlocks(): Promise<readonly Example[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true });
  const files = [
    'README.md',
    ...docs.filter((file) => file.endsWith('.md')).map((file) => join('docs', file)),
    ...rooms.map((name) => `packages/${name}/README.md`),
  ];
  const all = await Promise.all(files.map(blocksOf));
  return all.flatMap((blocks) =>
    blocks
      .filter(({ language }) => language === 'ts')
      .map(({ file, info, text }, index) => ({
        name: join(
          file.replace('.md', '').replaceAll('/', '-'),
          /^[\w.-]+\.ts$/.test(info) ? info.slice(0, -3) : `block-${index}`,
        ),
        text,
        prints: [...text.matchAll(/\bconsole\.log\(.*\); \/\/ (.*)$/gm)].map(([, line = '']) => line),
      })),
  );
}
