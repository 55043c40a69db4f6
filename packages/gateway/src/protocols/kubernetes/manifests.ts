/**
 * Manifests on stdin: YAML or JSON, several of them in one text, and lists. Read for what they name. What two readers
 * could read differently is refused: keys twice, keys that differ in case only, merges after a key, tags, names that
 * are no text, line ends that only some take for one.
 */
import { CountersignError, parseStrictJson } from '@countersign/core';
import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml';
import type { Kind, Kinds } from './kinds.ts';

export interface Manifest {
  readonly kind: Kind;
  /** Null where it names none. */
  readonly namespace: string | null;
  /** Null where the server is to make one up. */
  readonly name: string | null;
  /** The `type` of a Secret. */
  readonly type: string | null;
}

/** UTF-8 bytes of a text, and of what of it is YAML, whose parser takes its time. */
const maxBytes = 256 * 1024;
const maxYamlBytes = 64 * 1024;
const maxManifests = 500;
const maxListDepth = 4;
const maxAliases = 100;

/** @throws {CountersignError} `parse_failed`, `malformed`, `unknown_object`, `too_large`. */
export function readManifests(text: string, kinds: Kinds): readonly Manifest[] {
  if (Buffer.byteLength(text) > maxBytes) throw tooLarge('stdin', maxBytes);
  checkCharacters(text);
  const found: Manifest[] = [];
  for (const value of valuesIn(text)) if (value !== null) collect(kinds, value, found, 0);
  if (found.length === 0) throw malformed('no manifest on stdin', 'at least one object');
  return found;
}

/** kubectl tells by the first character: JSON values, one after the other, or YAML. */
function* valuesIn(text: string): Iterable<unknown> {
  if (text.trimStart().startsWith('{')) {
    for (const part of jsonParts(text)) yield ofJson(part);
    return;
  }
  let yamlBytes = 0;
  for (const part of yamlParts(text)) {
    yamlBytes += Buffer.byteLength(part);
    if (yamlBytes > maxYamlBytes) throw tooLarge('YAML on stdin', maxYamlBytes);
    yield ofYaml(part);
  }
}

function checkCharacters(text: string): void {
  // Line ends of YAML 1.1 that are none of YAML 1.2, a mark that only some skip, and what no manifest needs.
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff]|\r(?!\n)/.test(text))
    throw malformed('a control character, or an odd line end, on stdin', 'plain lines');
  if (!text.isWellFormed()) throw malformed('half a surrogate pair on stdin', 'well-formed Unicode');
}

/** Objects that follow each other, cut where their braces are even. What is no JSON is found when a part is read. */
function jsonParts(text: string): readonly string[] {
  const parts: string[] = [];
  let [start, depth, inString] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (inString) {
      if (c === '\\') at++;
      else inString = c !== '"';
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) {
      parts.push(text.slice(start, at + 1));
      start = at + 1;
    }
  }
  const rest = text.slice(start);
  return rest.trim() === '' ? parts : [...parts, rest];
}

/** kubectl parts a text at lines of `---`, before it reads any of it. */
function yamlParts(text: string): readonly string[] {
  const parts: string[] = [];
  let lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('---')) {
      if (!/^---[ \t]*(?:#.*)?$/.test(line))
        throw malformed('a line that begins with --- and goes on', 'only ---');
      parts.push(lines.join('\n'));
      lines = [];
    } else if (/^(?:\.\.\.|%)/.test(line))
      throw malformed('a directive of YAML on stdin', 'manifests parted by ---');
    else lines.push(line);
  }
  parts.push(lines.join('\n'));
  return parts.filter((part) => /\S/.test(part));
}

function ofJson(text: string): unknown {
  try {
    return parseStrictJson(Buffer.from(text), { bytes: maxBytes });
  } catch (cause) {
    throw failed('JSON that can’t be read', cause);
  }
}

/** Null where there are comments only. */
function ofYaml(text: string): unknown {
  let document: Document.Parsed;
  try {
    // Duplicates are looked for below, in linear time.
    document = parseDocument(text, { version: '1.1', uniqueKeys: false, strict: true, stringKeys: true });
    if (document.errors.length > 0 || document.warnings.length > 0) throw failed('YAML that can’t be read');
    visit(document, {
      Map: (_, map) => {
        const keys = new Set(map.items.map(({ key }) => (isScalar(key) ? key.value : null)));
        if (keys.size !== map.items.length) throw malformed('a key twice on stdin', 'each key once');
        // What is merged takes the place of the keys before it when kubectl reads it, and only then.
        if (map.items.some(({ key }, index) => index > 0 && isScalar(key) && key.source === '<<'))
          throw malformed('a merge after another key on stdin', '<< first');
      },
      Node: (_, node) => {
        if (node.tag !== undefined && !plainTags.has(node.tag))
          throw malformed('a tag of YAML on stdin', 'none');
      },
    });
    if (document.contents !== null && !isMap(document.contents))
      throw malformed('what is no object on stdin', 'manifests');
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (thrown) {
    if (thrown instanceof CountersignError) throw thrown;
    throw failed('YAML that can’t be read', thrown);
  }
}

/** Those that the reader gives by itself. */
const plainTags: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null', 'bool', 'int', 'float', 'merge', 'timestamp'].map(
    (name) => `tag:yaml.org,2002:${name}`,
  ),
);

function collect(kinds: Kinds, value: unknown, found: Manifest[], depth: number): void {
  const object = membersOf(value, ['apiVersion', 'kind', 'metadata', 'items', 'type']);
  if (object === null) throw malformed('what is no object on stdin', 'manifests');
  const { apiVersion, kind, metadata, items, type } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw malformed('a manifest without apiVersion and kind', 'both, as text');
  if (items !== undefined) {
    if (!Array.isArray(items) || !kind.endsWith('List') || depth === maxListDepth)
      throw malformed('items on stdin that are no list', 'a List of manifests');
    for (const item of items) collect(kinds, item, found, depth + 1);
    return;
  }
  const known = kinds.ofManifest(apiVersion, kind);
  if (known === null) throw new CountersignError('unknown_object', { what: `${kind} of ${apiVersion}` });
  const about = membersOf(metadata, ['name', 'namespace', 'generateName']);
  if (about === null) throw malformed('a manifest without metadata', 'metadata with a name');
  const { name, namespace, generateName } = about;
  if (found.length === maxManifests)
    throw new CountersignError('too_large', { what: 'manifests', expected: `at most ${maxManifests}` });
  if (name === undefined && typeof generateName !== 'string')
    throw malformed('a manifest without a name', 'metadata.name');
  found.push({
    kind: known,
    namespace: textOf(namespace),
    name: textOf(name),
    type: typeof type === 'string' ? type : null,
  });
}

/** The members of these names; null for what is no object. A name in another case is refused: some readers take it. */
function membersOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Partial<Record<Name, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const members: Partial<Record<Name, unknown>> = Object.create(null) as object;
  for (const [key, member] of Object.entries(value)) {
    const name = names.find((one) => one.toLowerCase() === key.toLowerCase());
    if (name === undefined) continue;
    if (name !== key) throw malformed(`the key ${key.slice(0, 40)} on stdin`, name);
    members[name] = member;
  }
  return members;
}

/** A name or a namespace; null where there is none. */
function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '') throw malformed('a name on stdin that is no text', 'text');
  return value;
}

const tooLarge = (what: string, most: number) =>
  new CountersignError('too_large', { what, expected: `at most ${most} bytes` });
const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
const failed = (what: string, cause?: unknown) => new CountersignError('parse_failed', { what }, { cause });
