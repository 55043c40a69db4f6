/** Effects in plain words, for the person who approves. */
import {
  type Action,
  type BaseAction,
  baseAction,
  type Effect,
  separatorOf,
  splitResource,
  visibleLine,
  visibleText,
} from '@countersign/core';

const tableWords: ReadonlyMap<Action, string> = new Map<Action, string>([
  ['read', 'reads'],
  ['write', 'changes rows of'],
  ['write.insert', 'adds rows to'],
  ['write.update', 'changes rows of'],
  ['write.delete', 'removes rows of'],
  ['write.truncate', 'removes all rows of'],
  ['write.lock', 'locks rows of'],
]);

const words: ReadonlyMap<Action, string> = new Map<Action, string>([
  ['schema.create', 'creates'],
  ['schema.alter', 'alters'],
  ['schema.drop', 'drops'],
]);

const baseWords: Readonly<Record<BaseAction, string>> = {
  read: 'reads',
  write: 'changes',
  schema: 'changes the definition of',
  admin: 'administers',
  execute: 'runs',
  secret: 'reads secrets of',
};

/**
 * One line for each effect: `changes rows of public.orders (status), by trigger audit_orders`. An agent can make up names:
 * those that are no plain ones stand in quotes, so that none reads like a word of the gateway's own.
 */
export function describeEffects(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    const { kind, segments } = splitResource(effect.resource);
    const name = nameInWords(kind, segments);
    const onServer = serverWords(effect, kind, name);
    if (onServer !== null) return onServer;
    const isTable = kind === 'table';
    const verb =
      (isTable ? tableWords.get(effect.action) : undefined) ??
      words.get(effect.action) ??
      baseWords[baseAction(effect.action)];
    const shown = isTable && tableWords.has(effect.action) ? name : `${kind.replaceAll('_', ' ')} ${name}`;
    const columns =
      effect.columns === undefined || effect.columns.length === 0
        ? ''
        : ` (${effect.columns.map((column) => quotedUnless(plainName, column)).join(', ')})`;
    return `${verb} ${shown}${columns}${effect.via === undefined ? '' : `, by ${visibleLine(effect.via)}`}`;
  });
}

/** What reaches the database's own machine, or is code that nobody reads, says so; null for anything else. */
function serverWords({ action, resource }: Effect, kind: string, name: string): string | null {
  if (resource === 'program:do') return 'runs a DO block, whose code is not read';
  if (action === 'admin' && kind === 'file') return `uses the file ${name} on the database’s own machine`;
  if (action === 'admin' && kind === 'program')
    return `runs the program ${name} on the database’s own machine`;
  return null;
}

const plainName = /^(?:[A-Za-z0-9_$]*|\*+)$/;
/** With the types of its arguments: `audit(integer, character varying)`. */
const plainFunction = /^[A-Za-z0-9_$]+(?:\([A-Za-z0-9_$, .[\]]*\)|\**)$/;
const plainPath = /^[A-Za-z0-9_$./:*-]*$/;

/** A name's segments are percent-encoded in a resource; people read them as they are. */
function nameInWords(kind: string, segments: readonly string[]): string {
  const names = segments.map(decoded);
  if (separatorOf(kind) === '/') return quotedUnless(plainPath, names.join('/'));
  const plain = kind === 'function' ? plainFunction : plainName;
  return names.map((name) => quotedUnless(plain, name)).join('.');
}

function quotedUnless(plain: RegExp, name: string): string {
  return plain.test(name) ? name : `"${visibleLine(visibleText(name)).replaceAll('"', '""')}"`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
