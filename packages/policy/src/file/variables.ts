/**
 * `${VAR}`: how credentials come into a configuration. A credential that is written out is refused, and no message ever
 * holds a variable's value.
 */
import { resolve } from 'node:path';
import { type Read, reader, wrongKind } from './read.ts';
import type { Report } from './report.ts';
import type { Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a file's values are completed from. */
export interface Surroundings {
  readonly env: Environment;
  /** What relative paths are resolved against. */
  readonly directory: string;
}

/** Stands for a variable where only the text around it matters. */
const filledIn = '\uE000';
const reference = /\$\{([^}]*)\}/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Text with its variables filled in. */
export function fill(env: Environment, what: string): Read<string> {
  return reader({ title: what, type: 'string', minLength: 1 }, (tree, report) => {
    const raw = rawText(tree, report, what);
    return raw === undefined ? undefined : substitute(raw, env, tree, report);
  });
}

/** A secret: `${VAR}`, perhaps after a scheme's name as in `Token ${VAR}`. */
export function secret(env: Environment, what: string): Read<string> {
  return reader({ title: `${what}, as \${VAR}`, type: 'string', minLength: 1 }, (tree, report) => {
    const raw = rawText(tree, report, what);
    if (raw === undefined) return undefined;
    if (!/^(?:[A-Za-z-]{1,20} )?(?:\$\{[^}]*\})+$/.test(raw)) return writtenOut(tree, report, what);
    return substitute(raw, env, tree, report);
  });
}

/** A URL whose password, if it has one, comes from a variable. */
export function credentialUrl(env: Environment, what: string): Read<string> {
  return reader({ title: what, type: 'string', minLength: 1 }, (tree, report) => {
    const raw = rawText(tree, report, what);
    if (raw === undefined) return undefined;
    if (holdsPassword(raw)) return writtenOut(tree, report, `the password of ${what}`);
    return substitute(raw, env, tree, report);
  });
}

/** A path, made absolute. What looks like a file's content is a credential that is written out. */
export function path({ env, directory }: Surroundings, what: string): Read<string> {
  return reader({ title: what, type: 'string', minLength: 1 }, (tree, report) => {
    const raw = rawText(tree, report, what);
    if (raw === undefined) return undefined;
    if (/[\n\r]|-----BEGIN/.test(raw)) return writtenOut(tree, report, what);
    const filled = substitute(raw, env, tree, report);
    return filled === undefined ? undefined : resolve(directory, filled);
  });
}

function rawText(tree: Tree, report: Report, what: string): string | undefined {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string' || tree.value.length === 0)
    return wrongKind(tree, report, what);
  return tree.value;
}

function writtenOut(tree: Tree, report: Report, what: string): undefined {
  report.problem(tree.at, `${what} is written out in the file`, { expected: 'a variable like ${NAME}' });
  return undefined;
}

/** Whether text outside `${…}` stands where a URL or a connection string has a password. */
function holdsPassword(raw: string): boolean {
  const bare = raw.replace(reference, filledIn);
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(bare)?.[1] ?? '';
  const userinfo = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : '';
  const password = userinfo.includes(':') ? userinfo.slice(userinfo.indexOf(':') + 1) : '';
  if (password.replaceAll(filledIn, '') !== '') return true;
  const decoded = bare.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const parameters = `${bare} ${decoded}`.matchAll(
    /(?:^|[\s?&])(?:ssl)?(?:password|passwd|pwd)\s*=\s*([^\s&]*)/gi,
  );
  return [...parameters].some(([, value]) => value?.replaceAll(filledIn, '') !== '');
}

function substitute(raw: string, env: Environment, tree: Tree, report: Report): string | undefined {
  let complete = true;
  const filled = raw.replace(reference, (_, name: string) => {
    const value = variableName.test(name) && Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && value !== '') return value;
    complete = false;
    if (variableName.test(name))
      report.problem(tree.at, `the environment variable ${name} is not set`, {
        expected: `${name} in the environment`,
      });
    else report.problem(tree.at, 'a variable with an odd name', { expected: 'a variable like ${NAME}' });
    return '';
  });
  if (/\$\{/.test(raw.replace(reference, ''))) {
    report.problem(tree.at, '"${" without "}"', { expected: 'a variable like ${NAME}' });
    return undefined;
  }
  return complete ? filled : undefined;
}
