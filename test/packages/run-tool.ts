/** Runs a program to its end, and on failure says all that it wrote: pnpm writes its errors to stdout. */
import { execFile } from 'node:child_process';

export interface ToolOptions {
  readonly cwd: string;
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Written {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, whatever its exit code. */
export function tryTool(file: string, args: readonly string[], { cwd, env }: ToolOptions): Promise<Written> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (child.exitCode === null) reject(error ?? new Error(`${file} was ended`));
      else resolve({ code: child.exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Runs a program that has to succeed, and returns what it wrote to stdout. */
export async function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const { code, stdout, stderr } = await tryTool(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** Runs the pnpm that runs this test. */
export function runPnpm(args: readonly string[], cwd: string): Promise<string> {
  const running = process.env['npm_execpath'] ?? '';
  // The pinned Node comes first, so that what pnpm starts runs on it too.
  const env = { PATH: `${nodeFolder}:${process.env['PATH'] ?? ''}` };
  return /pnpm[^/]*$/.test(running)
    ? runTool(running, args, { cwd, env })
    : runTool('npx', ['--yes', 'pnpm', ...args], { cwd, env });
}

const nodeFolder = process.execPath.slice(0, process.execPath.lastIndexOf('/'));
