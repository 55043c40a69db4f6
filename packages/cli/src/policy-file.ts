/** Reads the policy file, with the targets' credentials or without. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CountersignError } from '@countersign/core';
import {
  type LoadedFile,
  PolicyFileError,
  type PolicyFileOptions,
  parsePolicyFile,
} from '@countersign/policy';
import type { Host } from './options.ts';

type Where = Pick<Host, 'directory' | 'terminal'>;

/** Where a variable that is not set leads, where nothing is going to be connected to. */
const nowhere = 'unset.invalid/unset';

/** What stands for it: the address of an API for what is one, else that of a database. */
function standInFor(name: string, text: string): string {
  const isApi = new RegExp(`_url["']?[ \\t]*:[ \\t]*["']?\\$\\{${name}\\}`).test(text);
  return `${isApi ? 'https' : 'postgres'}://${nowhere}`;
}

/** Whether {@link loadWithoutTargets} had to put something in the place of a variable that these settings name. */
export function isStandIn(settings: unknown): boolean {
  // Of a path only the end of it is left.
  return JSON.stringify(settings).includes(nowhere);
}

/**
 * What stands in a text file that the command line names.
 *
 * @throws {CountersignError} `config_invalid` where it can't be read.
 */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CountersignError('config_invalid', { what: `cannot read ${path}`, expected: what }, { cause });
  }
}

const readPolicy = (path: string) => readText(path, 'a policy file; name another with -c FILE');

/**
 * Loads a policy file for a command that reaches its targets.
 *
 * @throws {PolicyFileError} with all that is wrong with the file; {@link CountersignError} `config_invalid` where it can't be read.
 */
export async function loadPolicyFile({ directory, terminal }: Where, file: string): Promise<LoadedFile> {
  const path = resolve(directory, file);
  return parsePolicyFile(await readPolicy(path), { file, directory: dirname(path), env: terminal.env });
}

/** As {@link loadPolicyFile}, for a command that reaches no target: variables that are not set are no error. */
export async function loadWithoutTargets({ directory, terminal }: Where, file: string): Promise<LoadedFile> {
  const path = resolve(directory, file);
  const text = await readPolicy(path);
  const unset = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => (terminal.env[name] ?? '') === '');
  const options = { file, directory: dirname(path) };
  const standsIn = {
    ...terminal.env,
    ...Object.fromEntries(unset.map((name) => [name, standInFor(name, text)])),
  };
  const loaded = parseOrNull(text, { ...options, env: standsIn });
  // Where a stand-in does not fit, or would lead to another gateway, the truth is what is wrong with the file.
  if (loaded === null || isStandIn(loaded.server))
    return parsePolicyFile(text, { ...options, env: terminal.env });
  return loaded;
}

function parseOrNull(text: string, options: PolicyFileOptions): LoadedFile | null {
  try {
    return parsePolicyFile(text, options);
  } catch (thrown) {
    if (thrown instanceof PolicyFileError) return null;
    throw thrown;
  }
}
