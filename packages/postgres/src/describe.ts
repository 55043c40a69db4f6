/** Effects in plain words, for the person who approves. */
import { type Action, type BaseAction, baseAction, type Effect, splitResource } from '@countersign/core';

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

/** One line for each effect: `changes rows of public.orders (status), by trigger audit_orders`. */
export function describeEffects(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    const { kind } = splitResource(effect.resource);
    const name = decodeName(effect.resource.slice(kind.length + 1));
    const isTable = kind === 'table';
    const verb =
      (isTable ? tableWords.get(effect.action) : undefined) ??
      words.get(effect.action) ??
      baseWords[baseAction(effect.action)];
    const shown = isTable && tableWords.has(effect.action) ? name : `${kind.replaceAll('_', ' ')} ${name}`;
    const columns =
      effect.columns === undefined || effect.columns.length === 0 ? '' : ` (${effect.columns.join(', ')})`;
    return `${verb} ${shown}${columns}${effect.via === undefined ? '' : `, by ${effect.via}`}`;
  });
}

/** A name's segments are percent-encoded in a resource; people read them as they are. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
