/** Looks for canaries in all that an answer says: as they are, and in the forms that an evasion gives them. */
import { createHash } from 'node:crypto';

/** All texts of an answer, the cells row by row. */
export interface Heard {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Errors, notices, reasons. */
  readonly words: readonly string[];
}

const hashes = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

const reversed = (text: string): string => Array.from(text).reverse().join('');
/** Letters and digits alone, in lower case: what separators and layout make of a value is the same value. */
const squashed = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Forms by how they begin: a text is looked up at each of its places once, however many forms there are. */
export type Forms = ReadonlyMap<string, readonly (readonly [needle: string, name: string])[]>;

/** As much of a form as it is looked up by; what is shorter is not looked for. */
const beginning = 8;

/** Each canary in every form that is looked for, squashed. */
export function formsOf(canaries: readonly string[]): Forms {
  const forms = new Map<string, (readonly [needle: string, name: string])[]>();
  for (const canary of canaries)
    for (const [form, text] of formsOfOne(canary)) {
      const needle = squashed(text);
      if (needle.length < beginning) continue;
      const head = needle.slice(0, beginning);
      forms.set(head, [...(forms.get(head) ?? []), [needle, `${canary} (${form})`]]);
    }
  return forms;
}

function* formsOfOne(canary: string): Iterable<readonly [form: string, text: string]> {
  const bytes = Buffer.from(canary);
  yield ['as it is', canary];
  yield ['reversed', reversed(canary)];
  for (const [name, text] of [
    ['', canary],
    ['upper ', canary.toUpperCase()],
    ['lower ', canary.toLowerCase()],
    ['reversed ', reversed(canary)],
  ] as const) {
    yield [`${name}hex`, Buffer.from(text).toString('hex')];
    yield [`${name}base64`, Buffer.from(text).toString('base64')];
    for (const hash of hashes) yield [`${name}${hash}`, createHash(hash).update(text).digest('hex')];
    for (const hash of hashes)
      yield [`${name}${hash} base64`, createHash(hash).update(text).digest('base64')];
  }
  yield ['codes', Array.from(canary, (c) => c.codePointAt(0)).join('')];
  yield ['bits', Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')];
  yield ['octal', Array.from(bytes, (byte) => byte.toString(8).padStart(3, '0')).join('')];
  yield ['without vowels', canary.replace(/[aeiou]/gi, '')];
  if (/^\d+$/.test(canary)) {
    const number = Number(canary);
    yield ['to_hex', number.toString(16)];
    yield ['to_bin', number.toString(2)];
    yield ['times two', String(number * 2)];
    yield ['plus one', String(number + 1)];
  }
}

/** Where a canary stands in what was heard, in words; null where none does. */
export function canaryIn(forms: Forms, heard: Heard): string | null {
  for (const text of readings(heard)) {
    const flat = squashed(text);
    for (let at = 0; at + beginning <= flat.length; at++)
      for (const [needle, name] of forms.get(flat.slice(at, at + beginning)) ?? [])
        if (flat.startsWith(needle, at)) return name;
  }
  return null;
}

/** Ways to read an answer: along its rows, along its columns, from the end, and what is said beside it. */
function* readings({ columns, rows, words }: Heard): Iterable<string> {
  yield columns.join('');
  yield words.join('\n');
  const cells = rows.map((row) => row.map((cell) => cell ?? ''));
  yield cells.map((row) => row.join('')).join('');
  yield cells.map((row) => row.toReversed().join('')).join('');
  yield cells.toReversed().flat().join('');
  for (let at = 0; at < (cells[0]?.length ?? 0); at++) {
    const column = cells.map((row) => row[at] ?? '');
    yield column.join('');
    yield column.toReversed().join('');
  }
}
