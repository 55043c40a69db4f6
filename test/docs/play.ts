/**
 * Plays a page of the documents as a reader would: its blocks that are files are written to a folder, its command lines
 * are typed into a shell there, one after the other, and what it shows as their output has to come.
 *
 * What stands after a block's language says what becomes of it:
 *
 *     ts agent.ts            a file of this name; a later block of the same name replaces it
 *     sh                     typed into the shell; every command has to end with 0
 *     sh exits 4             the same; the last command ends with 4
 *     sh background          left running, as in a terminal of its own
 *     sh elsewhere           not played: it needs another machine, or a person
 *     text                   output that the block above has to give; `…` stands for anything
 *     text background        output of what was left running last
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Block, blocksOf, root } from './blocks.ts';

export interface PlayOptions {
  /** Puts what a reader has already into the folder. `own` puts the play's address in place of the page's. */
  readonly folder?: (folder: string, own: (text: string) => string) => Promise<void>;
  /** Of the shell, beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands for a reader's own in a command, as `apr_…`, and what it is when the command comes. */
  readonly given?: Readonly<Record<string, (shell: Shell) => Promise<string>>>;
}

/** Where the pages let the gateway listen; each play has a port of its own. */
const listens = '127.0.0.1:7400';

/** How long a command may take, or its output to come. Milliseconds. */
const withinMs = 60_000;

/** Plays a page from its first block to its last. @throws where a command or an output is not as the page says. */
export async function play(page: string, options: PlayOptions = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-page-'));
  const port = await freePort();
  const own = (text: string) => text.replaceAll(listens, `127.0.0.1:${port}`);
  await options.folder?.(folder, own);
  await using shell = await openShell(folder, options.env ?? {});
  const nothing: Said = { text: () => Promise.resolve(''), whole: true };
  let [output, background] = [nothing, nothing];
  for (const block of await blocksOf(page)) {
    const text = own(block.text);
    const [how = '', code = '0'] = block.info.split(' ');
    if (how.includes('.')) await writeTo(join(folder, how), text);
    else if (block.language === 'sh' && how === 'background')
      output = background = await shell.start(await filledIn(text, options.given ?? {}, shell));
    else if (block.language === 'sh' && how !== 'elsewhere') {
      const commands = text.trimEnd().split(/(?<!\\)\n/);
      let all = '';
      for (const [index, command] of commands.entries()) {
        const typed = await filledIn(command, options.given ?? {}, shell);
        const due = how === 'exits' && index === commands.length - 1 ? Number(code) : 0;
        all += await shell.type(typed, due).catch((cause: unknown) => {
          throw new Error(`${placeOf(block)}: ${(cause as Error).message}`, { cause });
        });
      }
      output = { text: () => Promise.resolve(all), whole: true };
    } else if (block.language === 'text')
      await expectOutput(block, how === 'background' ? background : output);
  }
}

async function writeTo(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function filledIn(
  text: string,
  given: NonNullable<PlayOptions['given']>,
  shell: Shell,
): Promise<string> {
  let filled = text;
  for (const [placeholder, value] of Object.entries(given))
    if (filled.includes(placeholder)) filled = filled.replaceAll(placeholder, await value(shell));
  return filled;
}

const placeOf = ({ file, line }: Block): string => `${file}:${line}`;

/** The lines of the block come in its order; others may stand between them. */
async function expectOutput(block: Block, said: Said): Promise<void> {
  const wanted = block.text.trimEnd().split('\n');
  for (const until = performance.now() + withinMs; ; await sleep(50)) {
    const text = await said.text();
    let at = 0;
    for (const line of text.split('\n')) if (at < wanted.length && matches(line, wanted[at] ?? '')) at++;
    if (at === wanted.length) return;
    if (said.whole || performance.now() > until)
      throw new Error(`${placeOf(block)}: "${wanted[at] ?? ''}" did not come; what came:\n${text}`);
  }
}

/** Whether a line reads as the page shows it: `…` stands for anything, blanks for any blanks. */
function matches(line: string, shown: string): boolean {
  const parts = shown
    .trim()
    .split('…')
    .map((part) => part.replaceAll(/\s+/g, ' '));
  let rest = line.trim().replaceAll(/\s+/g, ' ');
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (rest.startsWith(part) ? 0 : -1) : rest.indexOf(part);
    if (found < 0) return false;
    rest = rest.slice(found + part.length);
  }
  return rest === '' || parts.at(-1) === '';
}

/** What commands said, or say. */
interface Said {
  text(): Promise<string>;
  /** Whether nothing more will come. */
  readonly whole: boolean;
}

export interface Shell extends AsyncDisposable {
  /** Runs a command. @throws where it does not end with the code that is due. @returns what it said. */
  type(command: string, due?: number): Promise<string>;
  /** Starts commands and leaves them running. */
  start(text: string): Promise<Said>;
}

async function openShell(folder: string, env: Readonly<Record<string, string>>): Promise<Shell> {
  await standIns(folder);
  await symlink(join(root, 'test/node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const child: ChildProcess = spawn('sh', [], {
    cwd: folder,
    env: {
      PATH: `${join(folder, '.bin')}:${process.env['PATH'] ?? ''}`,
      HOME: join(folder, '.home'),
      NODE_COMPILE_CACHE: join(tmpdir(), `countersign-compiled-${process.getuid?.() ?? 0}`),
      OPENAI_AGENTS_DISABLE_TRACING: '1',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that what it left running ends with it.
    detached: true,
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let count = 0;
  /** Runs one command to its end. */
  const run = async (command: string): Promise<{ readonly code: number; readonly output: string }> => {
    const mark = `--- ${count++} ended with `;
    const from = said.length;
    child.stdin?.write(`${command}\necho "${mark}$?"\n`);
    for (const until = performance.now() + withinMs; ; await sleep(10)) {
      const at = said.indexOf(mark, from);
      const code = at < 0 ? null : /^([0-9]+)\n/.exec(said.slice(at + mark.length));
      if (code !== null) return { code: Number(code[1]), output: said.slice(from, at) };
      if (performance.now() > until || child.exitCode !== null)
        throw new Error(`did not end: ${command}\n${said.slice(from)}`);
    }
  };
  return {
    type: async (command, due = 0) => {
      const { code, output } = await run(command);
      if (code === due) return output;
      throw new Error(`ended with ${code}, not ${due}: ${command}\n${output}`);
    },
    start: async (text) => {
      const file = join(folder, `.background-${count}`);
      await writeFile(file, '');
      await run(`{ ${text.trimEnd()}\n} > ${file} 2>&1 &`);
      return { text: () => readFile(file, 'utf8'), whole: false };
    },
    [Symbol.asyncDispose]: async () => {
      if (child.pid !== undefined) await endGroup(child.pid);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Ends a process and all that it started, politely at first. Resolves when the last of them is gone. */
async function endGroup(pid: number): Promise<void> {
  const send = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  };
  send('SIGTERM');
  for (const until = performance.now() + 15_000; performance.now() < until; await sleep(25))
    if (!send(0)) return;
  send('SIGKILL');
}

/**
 * The programs that a reader has: countersign from source, Node with a scripted model, psql, curl. Their embedded
 * stores begin as those of the tests do, and WebAssembly is compiled once and simply: none of them lives long.
 */
async function standIns(folder: string): Promise<void> {
  const flags = '--conditions=@countersign/source --disable-warning=ExperimentalWarning --liftoff-only';
  const node = `'${process.execPath}' ${flags} --import '${join(root, 'test/support/kept-pglite.ts')}'`;
  const here = (name: string) => `'${join(root, 'test/docs/stand-ins', name)}'`;
  const countersign = `exec ${node} '${join(root, 'packages/cli/src/main.ts')}' "$@"`;
  const npx = [
    '[ "$1" = pnpm ] && shift',
    'case "$1" in',
    `countersign) shift; ${countersign};;`,
    'exec) shift; exec "$@";;',
    '*) exit 127;;',
    'esac',
  ];
  const programs = {
    npx: npx.join('\n'),
    node: `exec ${node} --import ${here('scripted-model.ts')} "$@"`,
    psql: `exec ${node} ${here('psql.ts')} "$@"`,
    curl: `exec ${node} ${here('curl.ts')} "$@"`,
  };
  await mkdir(join(folder, '.bin'));
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, '.bin', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, '.bin', name), 0o755);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The id of the one approval that waits, as soon as there is one: what `apr_…` stands for. */
export async function waiting(shell: Shell, beside = ''): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const said = await shell.type(`npx countersign approvals --json ${beside}`);
    const id = /"id": "(apr_[0-9a-z]+)"/.exec(said)?.[1];
    if (id !== undefined) return id;
  }
  throw new Error('nothing waits');
}
