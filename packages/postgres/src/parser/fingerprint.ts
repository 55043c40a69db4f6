/**
 * A fingerprint of a statement: the same for texts that differ in constants, layout or comments only. It is a digest of
 * the parse tree without places and constants, and with a list of constants counted as one.
 */
import { createHash } from 'node:crypto';
import type { RawStatement } from '../ast/nodes.ts';

/** Fields that say where something stood, not what it is. */
const places: ReadonlySet<string> = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
  'name_location',
]);

/** Of all statements of a text together; 32 hexadecimal digits. */
export function fingerprintOf(statements: readonly RawStatement[]): string {
  const parts: string[] = [];
  for (const { stmt } of statements) {
    write(stmt, parts);
    parts.push(';');
  }
  return createHash('sha256').update(parts.join('')).digest('hex').slice(0, 32);
}

/** Writes a part of the tree, and tells whether it is nothing but constants. */
function write(value: unknown, parts: string[]): boolean {
  if (Array.isArray(value)) return writeList(value, parts);
  if (typeof value !== 'object' || value === null) {
    parts.push(JSON.stringify(value) ?? 'null');
    return false;
  }
  if ('A_Const' in value || 'ParamRef' in value) {
    parts.push('?');
    return true;
  }
  if ('List' in value) return write((value.List as { items?: unknown }).items ?? [], parts);
  parts.push('{');
  for (const [key, field] of Object.entries(value)) {
    if (places.has(key)) continue;
    parts.push(key, ':');
    write(field, parts);
    parts.push(',');
  }
  parts.push('}');
  return false;
}

/** `(1, 2, 3)` is written as `(1, 2)` is, and a thousand rows of VALUES as two are. */
function writeList(items: readonly unknown[], parts: string[]): boolean {
  let constants = items.length > 0;
  let previous = false;
  parts.push('[');
  for (const item of items) {
    const start = parts.length;
    const constant = write(item, parts);
    if (constant && previous) parts.length = start;
    else parts.push(',');
    previous = constant;
    constants &&= constant;
  }
  parts.push(']');
  return constants;
}
