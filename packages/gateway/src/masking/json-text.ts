/**
 * Masks a JSON text value by value, and leaves the rest of it byte for byte: numbers keep their digits, repeated keys
 * their place. What a path leads to is hidden whole; any other value is looked at alone and with its name, because the
 * name can say what it is.
 */
import { type JsonPathMask, type Place, root } from './json-paths.ts';
import { redacted } from './replacements.ts';

type Clean = (text: string) => string;

/** Levels beyond which a text is not taken for JSON. */
const deepest = 200;

interface Level {
  readonly object: boolean;
  /** Where the container stands, for the paths. */
  readonly place: Place;
  /** In an object, whether a member's name comes next. */
  wantsKey: boolean;
  /** The name of the value that comes next; in an array, the array's own. */
  key: string | null;
  /** The index of the item that comes next. */
  index: number;
}

/** Null for what is no JSON object or array. @param clean What is left of a text by itself. */
export function maskJson(text: string, clean: Clean, paths: readonly JsonPathMask[] = []): string | null {
  return maskFrom(root(paths), text, clean);
}

/** The same for a text that stands at some place of another: what leads there leads on into it. */
function maskFrom(place: Place, text: string, clean: Clean): string | null {
  return /^\s*[[{]/.test(text) && isJson(text) ? new Walk(text, clean, place).run() : null;
}

class Walk {
  readonly #text: string;
  readonly #clean: Clean;
  readonly #start: Place;
  readonly #open: Level[] = [];
  readonly #out: string[] = [];
  #copied = 0;
  #at = 0;

  constructor(text: string, clean: Clean, start: Place) {
    this.#text = text;
    this.#clean = clean;
    this.#start = start;
  }

  run(): string | null {
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at] as string;
      const level = this.#open.at(-1);
      if (c === '}' || c === ']') {
        this.#open.pop();
        this.#at++;
      } else if (c === ',') {
        if (level?.object === true) level.wantsKey = true;
        else if (level !== undefined) level.index++;
        this.#at++;
      } else if (c === '"' && level?.wantsKey === true) this.#key(level);
      else if (/[[{"\-0-9tfn]/.test(c)) {
        if (!this.#value(c, level)) return null;
      } else this.#at++;
    }
    this.#out.push(this.#text.slice(this.#copied));
    return this.#out.join('');
  }

  #key(level: Level): void {
    const end = stringEnd(this.#text, this.#at);
    const key = JSON.parse(this.#text.slice(this.#at, end)) as string;
    level.wantsKey = false;
    level.key = key;
    this.#put(end, key, this.#clean(key));
  }

  #value(c: string, level: Level | undefined): boolean {
    const place =
      level === undefined ? this.#start : level.place.below(level.object ? (level.key ?? '') : level.index);
    const key = level?.key ?? null;
    const container = c === '{' || c === '[';
    if (place.mask !== null) {
      const end = container ? containerEnd(this.#text, this.#at) : this.#scalarEnd(c);
      const raw = this.#text.slice(this.#at, end);
      // That there is nothing is shown.
      this.#put(end, raw, raw === 'null' ? raw : hide(place.mask, raw, c));
      return true;
    }
    if (container) {
      if (this.#open.length >= deepest) return false;
      const object = c === '{';
      this.#open.push({ object, place, wantsKey: object, key: object ? null : key, index: 0 });
      this.#at++;
      return true;
    }
    const end = this.#scalarEnd(c);
    const raw = this.#text.slice(this.#at, end);
    const value = c === '"' ? (JSON.parse(raw) as string) : raw;
    this.#put(end, value, /[tfn]/.test(c) ? value : maskScalar(value, key, place, this.#clean));
    return true;
  }

  #scalarEnd(c: string): number {
    return c === '"' ? stringEnd(this.#text, this.#at) : literalEnd(this.#text, this.#at);
  }

  /** Goes on at `end`; where a value was masked, a string stands in its place. */
  #put(end: number, value: string, masked: string): void {
    if (masked !== value) {
      this.#out.push(this.#text.slice(this.#copied, this.#at), JSON.stringify(masked));
      this.#copied = end;
    }
    this.#at = end;
  }
}

/** An object or a list has no end that could be shown. */
function hide({ kind, replace }: Pick<JsonPathMask, 'kind' | 'replace'>, raw: string, c: string): string {
  if (c === '{' || c === '[') return kind === 'partial' ? redacted : replace(raw);
  return replace(c === '"' ? (JSON.parse(raw) as string) : raw);
}

/** A JSON text within a JSON string is masked as one; else alone, and then together with its name. */
function maskScalar(value: string, key: string | null, place: Place, clean: Clean): string {
  const inner = maskFrom(place, value, clean);
  if (inner !== null && inner !== value) return inner;
  const alone = clean(value);
  if (alone !== value || key === null || key === '' || clean(key) !== key) return alone;
  const together = [`${key}: ${value}`, `"${key}": "${value}"`];
  return together.some((named) => clean(named) !== named) ? redacted : value;
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

function containerEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    const c = text[at];
    if (c === '"') at = stringEnd(text, at) - 1;
    else if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) return at + 1;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
