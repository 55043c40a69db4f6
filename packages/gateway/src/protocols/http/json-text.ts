/**
 * Masks a JSON text value by value, and leaves the rest of it byte for byte: numbers keep their digits, repeated keys
 * their place. A value is looked at alone and with its name, because the name can say what it is.
 */
import { redacted } from '../../masking/replacements.ts';

type Clean = (text: string) => string;

/** Levels beyond which a text is not taken for JSON. */
const deepest = 200;

/** Null for what is no JSON object or array. */
export function maskJson(text: string, clean: Clean): string | null {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return null;
  const out: string[] = [];
  const open: Level[] = [];
  let copied = 0;
  const put = (start: number, end: number, masked: string) => {
    out.push(text.slice(copied, start), masked);
    copied = end;
  };
  for (let at = 0; at < text.length; ) {
    const c = text[at] as string;
    const level = open.at(-1);
    if (c === '{' || c === '[') {
      if (open.length >= deepest) return null;
      open.push({ object: c === '{', wantsKey: c === '{', key: level?.object === false ? level.key : null });
      if (level?.object === true) (open.at(-1) as Level).key = c === '[' ? level.key : null;
      at++;
    } else if (c === '}' || c === ']') {
      open.pop();
      at++;
    } else if (c === ',') {
      if (level?.object === true) level.wantsKey = true;
      at++;
    } else if (c === '"') {
      const end = stringEnd(text, at);
      const value = JSON.parse(text.slice(at, end)) as string;
      if (level?.wantsKey === true) {
        level.wantsKey = false;
        level.key = value;
        const masked = clean(value);
        if (masked !== value) put(at, end, JSON.stringify(masked));
      } else {
        const masked = maskValue(value, level?.key ?? null, clean);
        if (masked !== value) put(at, end, JSON.stringify(masked));
      }
      at = end;
    } else if (/[-0-9tfn]/.test(c)) {
      const end = literalEnd(text, at);
      const value = text.slice(at, end);
      const masked = /[0-9]/.test(c) || c === '-' ? maskValue(value, level?.key ?? null, clean) : value;
      if (masked !== value) put(at, end, JSON.stringify(masked));
      at = end;
    } else at++;
  }
  out.push(text.slice(copied));
  return out.join('');
}

interface Level {
  readonly object: boolean;
  wantsKey: boolean;
  /** The name of the value that comes next; in an array, the array's own. */
  key: string | null;
}

/** A JSON text within a JSON string is masked as one; else alone, and then together with its name. */
function maskValue(value: string, key: string | null, clean: Clean): string {
  const inner = maskJson(value, clean);
  if (inner !== null && inner !== value) return inner;
  const alone = clean(value);
  if (alone !== value || key === null || key === '') return alone;
  for (const named of [`${key}: ${value}`, `"${key}": "${value}"`])
    if (clean(named) !== named && clean(key) === key) return redacted;
  return value;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function literalEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && /[-+.0-9a-zA-Z]/.test(text[end] as string)) end++;
  return end;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
