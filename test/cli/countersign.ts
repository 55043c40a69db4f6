/** The real command, from source, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What the command's files compile to is kept between runs: it starts in half the time. */
const compiled = join(tmpdir(), `countersign-compiled-${process.getuid?.() ?? 0}`);
/** Its embedded stores begin as those of the tests' own process do. */
const keptPglite = new URL('../support/kept-pglite.ts', import.meta.url).href;
const script = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export interface CommandOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the root of the workspace. */
  readonly cwd?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `countersign` with nothing of this process's environment but its PATH and HOME. */
export function startCountersign(args: readonly string[], { env = {}, cwd = root }: CommandOptions = {}) {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  return spawn(
    process.execPath,
    [
      '--conditions=@countersign/source',
      '--disable-warning=ExperimentalWarning',
      // WebAssembly is compiled once and simply: no process here lives long enough for more to pay.
      '--liftoff-only',
      '--import',
      keptPglite,
      script,
      ...args,
    ],
    {
      cwd,
      env: { PATH, HOME, NODE_COMPILE_CACHE: compiled, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
      stdio: 'pipe',
    },
  );
}

/** Runs `countersign` to its end. */
export async function countersign(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const child = startCountersign(args, options);
  // A command that ends without reading its input closes the pipe: that is no fault of the test.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

export type Answer = Readonly<Record<string, unknown>>;

/** A `--jsonl` command that stays open. */
export interface Session {
  /** Writes input, and returns the next `count` answers: they have to come without any more input. */
  send(input: string | Uint8Array, count: number): Promise<readonly Answer[]>;
  /** Writes the last input and ends it; returns what still came, and the exit code. */
  end(input: string): Promise<{ readonly answers: readonly Answer[]; readonly code: number | null }>;
}

export function openSession(args: readonly string[], options: CommandOptions): Session {
  const child = startCountersign(args, options);
  const closed = once(child, 'close');
  child.stderr.resume();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer | null> => {
    const line = await lines.next();
    return line.done === true ? null : (JSON.parse(line.value) as Answer);
  };
  return {
    send: async (input, count) => {
      child.stdin.write(input);
      const answers: Answer[] = [];
      while (answers.length < count) {
        const answer = await next();
        if (answer === null) throw new Error(`the command ended after ${answers.length} of ${count} answers`);
        answers.push(answer);
      }
      return answers;
    },
    end: async (input) => {
      child.stdin.end(input);
      const answers: Answer[] = [];
      for (let answer = await next(); answer !== null; answer = await next()) answers.push(answer);
      await closed;
      return { answers, code: child.exitCode };
    },
  };
}
