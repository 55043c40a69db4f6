/**
 * Masks on objects of the Kubernetes API, in the JSON in which they come: values of Secrets always, wherever a Secret
 * stands; by path, counted from each object, in lists and watches alike; by detector, each text alone and with its name.
 * What nothing hides is left byte for byte.
 */
import { type JsonPathMask, type Place, root } from '../../masking/json-paths.ts';
import { maskJson } from '../../masking/json-text.ts';
import { redacted } from '../../masking/replacements.ts';
import { JsonCursor } from './json-cursor.ts';
import { isSecretMap, itemRole, memberRole, type Role } from './mask-roles.ts';

export interface ObjectMasks {
  /** What is left of a text by itself; null where no detector is asked for. */
  readonly clean: ((text: string) => string) | null;
  readonly paths: readonly JsonPathMask[];
  /** Whether what comes back is of Secrets, whatever it says of itself. */
  readonly secrets: boolean;
  /** Whether what comes back is a token of a service account. */
  readonly token: boolean;
  /** Whether it is an event of a watch, around the object. */
  readonly event: boolean;
}

/** What stands for a value that has to be base64. */
export const redactedBytes: string = Buffer.from(redacted).toString('base64');

/** Levels beyond which an answer is not looked through, and not shown. */
const deepest = 200;
/** Texts that are remembered with what is left of them: the same ones stand in every object of a list. */
const remembered = 5000;
/** UTF-16 units. */
const longestRemembered = 200;

/** A value of fewer characters stands in a cell by chance, unless it is a word of it. */
const shortestWithin = 3;

const literal = /^(?:true|false|null|-?[0-9][-+.0-9eE]*)$/;

/** Remembers, over all answers of one endpoint, what is left of texts: by their names, then by themselves. */
export type Known = Map<string, Map<string, string>>;

/** Masks one JSON text. @throws {SyntaxError} where it is none, or is nested too deeply. */
export function maskObject(text: string, masks: ObjectMasks, known: Known = new Map()): string {
  return new Walk(text, masks, known).run(masks.event ? 'event' : 'answer');
}

class Walk {
  readonly #json: JsonCursor;
  readonly #masks: ObjectMasks;
  readonly #known: Known;
  /** Where paths begin; nowhere, where there are none. */
  readonly #start: readonly Place[];
  /** Whether a Secret may stand somewhere within. */
  readonly #mayHoldSecret: boolean;
  readonly #out: string[] = [];
  /** What paths have hidden so far. */
  readonly #hidden: string[] = [];
  /** What paths hide of the object of this row; null where that can't be told. */
  #ofRow: readonly string[] | null = [];
  #copied = 0;
  #depth = 0;

  constructor(text: string, masks: ObjectMasks, known: Known) {
    this.#json = new JsonCursor(text);
    this.#masks = masks;
    this.#known = known;
    this.#start = masks.paths.length === 0 ? [] : [root(masks.paths)];
    this.#mayHoldSecret = text.includes('"Secret"');
  }

  run(role: Role): string {
    this.#json.blank();
    this.#value(role, '', this.#start);
    this.#json.end();
    const { text } = this.#json;
    return this.#out.length === 0 ? text : [...this.#out, text.slice(this.#copied)].join('');
  }

  /** @param name How the text is called, for the detectors. @param places Where it is, for the paths. */
  #value(role: Role, name: string, places: readonly Place[]): void {
    const json = this.#json;
    const mask = places.find((place) => place.mask !== null)?.mask ?? null;
    const container = json.here === '{' || json.here === '[';
    // No other mask may show more of a Secret.
    if (role === 'secret' || (isSecretMap(role) && json.here !== '{')) this.#hide(() => redacted);
    else if (role === 'secret bytes') this.#hide(() => redactedBytes);
    else if (mask !== null && !isSecretMap(role))
      this.#hide((raw) => {
        this.#hidden.push(...scalarsOf(raw));
        return hidden(mask, raw);
      });
    else if (!container) this.#scalar(role, name);
    else if (++this.#depth > deepest) throw new SyntaxError('nested too deeply');
    else {
      if (json.here === '{') this.#object(role, places);
      else this.#array(role, name, places);
      this.#depth--;
    }
  }

  #object(given: Role, places: readonly Place[]): void {
    const json = this.#json;
    // What calls itself a Secret is one, wherever it stands.
    const named = this.#mayHoldSecret && json.member('kind') === '"Secret"';
    const role = named && given === 'other' ? 'object' : given;
    const secret = named || this.#masks.secrets;
    if (role === 'row' && this.#start.length > 0) this.#ofRow = this.#hiddenOfRow();
    const isTable = role === 'answer' && this.#start.length > 0 && json.member('kind') === '"Table"';
    /** Variables are a name and a value: what a value is, its neighbour says. */
    let called = '';
    json.enter();
    while (json.next('}')) {
      const from = json.at;
      const key = json.string();
      this.#put(from, key, this.#left('', key));
      json.colon();
      if (key === 'name') called = json.peek();
      // What columns are called is of no object.
      if (isTable && key === 'columnDefinitions') {
        json.skip();
        continue;
      }
      const next = memberRole(role, key, secret, this.#masks.token);
      this.#value(next, key === 'value' && called !== '' ? called : key, this.#below(next, places, key));
    }
  }

  /** Cells say nothing of where they are from: they are compared with what is hidden of the object itself. */
  #hiddenOfRow(): readonly string[] | null {
    const object = this.#json.member('object');
    if (object === null || new JsonCursor(object).member('kind') === '"PartialObjectMetadata"') return null;
    const walk = new Walk(object, { ...this.#masks, clean: null }, this.#known);
    walk.run('object');
    return walk.#hidden;
  }

  #array(role: Role, name: string, places: readonly Place[]): void {
    const next = itemRole(role);
    this.#json.enter();
    for (let index = 0; this.#json.next(']'); index++) {
      this.#json.blank();
      this.#value(next, name, this.#below(next, places, index));
    }
  }

  /** Paths begin anew at each object. */
  #below(role: Role, places: readonly Place[], to: string | number): readonly Place[] {
    if (this.#start.length === 0) return places;
    const below = places.map((place) => place.below(to));
    return role === 'object' || role === 'answer' ? [...this.#start, ...below] : below;
  }

  #scalar(role: Role, name: string): void {
    const json = this.#json;
    const from = json.at;
    if (role === 'cell' && this.#showsHidden()) this.#hide(() => redacted);
    else if (json.here !== '"') {
      const raw = json.skip();
      if (!literal.test(raw)) throw new SyntaxError('this is no JSON');
      if (role !== 'plain' && /^[-0-9]/.test(raw)) this.#put(from, raw, this.#left(name, raw));
    } else if (role === 'plain' || (this.#masks.clean === null && role !== 'applied')) json.skip();
    else {
      const value = json.string();
      this.#put(from, value, this.#text(role, name, value));
    }
  }

  /** Whether the cell that begins here holds a value that is hidden of its object. */
  #showsHidden(): boolean {
    if (this.#ofRow === null) return true;
    if (this.#ofRow.length === 0) return false;
    const back = this.#json.at;
    const raw = this.#json.skip();
    this.#json.at = back;
    const cell = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
    const words = cell.split(/[^A-Za-z0-9]+/);
    return this.#ofRow.some((value) =>
      value.length < shortestWithin ? words.includes(value) : cell.includes(value),
    );
  }

  /** What is left of a text, by what it is. */
  #text(role: Role, name: string, value: string): string {
    if (role === 'applied') return this.#applied(value);
    if (role !== 'bytes') return this.#left(name, value);
    const decoded = Buffer.from(value, 'base64').toString();
    return this.#left(name, decoded) === decoded ? value : redactedBytes;
  }

  /** The same object, as it was applied before: it has the same masks. */
  #applied(value: string): string {
    try {
      return new Walk(value, this.#masks, this.#known).run('object');
    } catch {
      return redacted;
    }
  }

  /** What is left of a text, alone and with its name. */
  #left(name: string, value: string): string {
    const { clean } = this.#masks;
    if (clean === null) return value;
    let named = this.#known.get(name);
    const before = named?.get(value);
    if (before !== undefined) return before;
    const left = withName(clean, name, value);
    if (named === undefined || named.size >= remembered) {
      if (this.#known.size >= remembered) this.#known.clear();
      named = new Map();
      this.#known.set(name, named);
    }
    if (value.length <= longestRemembered) named.set(value, left);
    return left;
  }

  /** Hides the value that begins here; that there is nothing is shown. */
  #hide(by: (raw: string) => string): void {
    const from = this.#json.at;
    const raw = this.#json.skip();
    if (raw !== 'null') this.#put(from, '', by(raw));
  }

  /** Puts a text in the place of what began at `from` and ends here, where it is another. */
  #put(from: number, was: string, is: string): void {
    if (is === was) return;
    this.#out.push(this.#json.text.slice(this.#copied, from), JSON.stringify(is));
    this.#copied = this.#json.at;
  }
}

/** An object or a list has no end that could be shown. */
function hidden({ kind, replace }: JsonPathMask, raw: string): string {
  if (raw.startsWith('{') || raw.startsWith('[')) return kind === 'partial' ? redacted : replace(raw);
  return replace(raw.startsWith('"') ? (JSON.parse(raw) as string) : raw);
}

/** The texts and numbers of a value, wherever in it they are. */
function scalarsOf(raw: string): readonly string[] {
  const all: string[] = [];
  JSON.parse(raw, (_, value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number') all.push(String(value));
    return value;
  });
  return all.filter((value) => value !== '');
}

/** As in any JSON text: alone, and together with its name. */
function withName(clean: (text: string) => string, name: string, value: string): string {
  if (name === '' || clean(name) !== name) return clean(value);
  const pair = JSON.stringify({ [name]: value });
  const masked = maskJson(pair, clean);
  if (masked === pair) return value;
  if (masked === null) return redacted;
  const [left] = Object.values(JSON.parse(masked) as Readonly<Record<string, string>>);
  return left ?? redacted;
}
