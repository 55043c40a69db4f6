/**
 * The connection's own credential, wherever a server sends it back: as it is, in another case, with some of its characters
 * escaped as URLs, JSON, markup and mail do, in hex, or in base64 wherever it begins in what was encoded.
 */
import { redacted } from '../../masking/replacements.ts';

/** Shorter ones stand in too many texts by chance. Characters. */
const shortest = 4;
/** The same for what is left of one in base64, and for one in pieces. */
const [shortestEncoded, shortestInPieces] = [6, 8];

interface Spellings {
  readonly plain: RegExp;
  readonly encoded: RegExp | null;
  /** Looked for only where a text escapes anything. */
  readonly escaped: RegExp;
}

const known = new WeakMap<readonly string[], Spellings | null>();

/** The text without them. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spellings = spellingsOf(secrets);
  if (spellings === null) return text;
  const { plain, encoded, escaped } = spellings;
  let clean = text.replace(plain, redacted);
  if (encoded !== null) clean = clean.replace(encoded, redacted);
  if (!/[%\\&=]/.test(clean)) return clean;
  clean = clean.replace(escaped, redacted);
  return holdsDeeper(clean, spellings) ? redacted : clean;
}

/** Whether it comes to light once the text is decoded, perhaps twice: where it stood can't be told then. */
function holdsDeeper(text: string, { plain, encoded, escaped }: Spellings): boolean {
  let read = text;
  for (let times = 0; times < 3; times++) {
    const next = percentDecoded(read);
    if (next === read) return false;
    read = next;
    if ([plain, encoded, escaped].some((spelling) => spelling !== null && read.search(spelling) >= 0))
      return true;
  }
  return false;
}

const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());

/**
 * Whether a whole body tells one of them in pieces, one right after the other: in texts of JSON, in events of a stream, in
 * lines. Only long ones are looked for: of short ones the pieces stand in too many texts by chance.
 */
export function tellsInPieces(body: string, secrets: readonly string[]): boolean {
  const long = secrets.filter((secret) => secret.length >= shortestInPieces);
  if (long.length === 0) return false;
  // Names of members stand between the texts, and are none.
  const texts = Array.from(
    body.matchAll(/"([^"\\]*(?:\\.[^"\\]*)*)"(\s{0,20}:)?/g),
    ([, text = '', colon]) => (colon === undefined ? text : ''),
  );
  return [texts.join(''), body.replace(/[\s"',]+/g, '')].some((joined) => {
    const lower = joined.toLowerCase();
    return long.some((secret) => lower.includes(secret.toLowerCase()));
  });
}

/** Whether bytes that no mask looks into hold one of them, a byte or two a character. */
export function holdSecrets(bytes: Buffer, secrets: readonly string[]): boolean {
  const narrow = bytes.toString('latin1');
  const texts = [bytes.toString(), narrow, narrow.replaceAll('\0', '')];
  return texts.some((text) => hideSecrets(text, secrets) !== text);
}

function spellingsOf(secrets: readonly string[]): Spellings | null {
  let made = known.get(secrets);
  if (made === undefined) {
    const long = secrets.filter((secret) => secret.length >= shortest);
    const inBase64 = long.flatMap(base64Of);
    made =
      long.length === 0
        ? null
        : {
            plain: anyOf([...long.map(literal), ...long.map(hexOf)], 'gi'),
            encoded: inBase64.length === 0 ? null : anyOf(inBase64, 'g'),
            escaped: anyOf(long.map(escapedOf), 'gi'),
          };
    known.set(secrets, made);
  }
  return made;
}

/** The longest first: one may be the beginning of another. */
const anyOf = (patterns: readonly string[], flags: string) =>
  new RegExp(patterns.toSorted((a, b) => b.length - a.length).join('|'), flags);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const hexOf = (secret: string): string => [...Buffer.from(secret)].map((byte) => hex(byte, 2)).join('[ :-]?');

/** What a line may be broken by within base64: as it is, or as JSON and forms write it. */
const broken = '(?:\\s|\\\\[rnt]|%0[ad]){0,4}';

/**
 * The letters that a secret alone decides, for each place in a group of three bytes at which it can begin, in both
 * alphabets.
 */
function base64Of(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((shift) => {
    const bits = (shift + bytes.length) * 8;
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const own = whole.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
    if (own.length < shortestEncoded) return [];
    const other = own.replaceAll('+', '-').replaceAll('/', '_');
    return [...new Set([own, other])].map((letters) => Array.from(letters, literal).join(broken));
  });
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
  ['+', 'plus'],
  ['/', 'sol'],
  ['=', 'equals'],
  ['-', 'hyphen'],
  ['_', 'lowbar'],
  ['.', 'period'],
  [':', 'colon'],
]);

/** Each character as it is or escaped, also more than once. */
function escapedOf(secret: string): string {
  return Array.from(secret, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const entity = entities.get(character);
    const units = Array.from({ length: character.length }, (_, index) => hex(character.charCodeAt(index), 4));
    return `(?:${[
      // Not more for a backslash itself: what could be read in many ways would be.
      character === '\\' ? '\\\\{1,2}' : `\\\\{0,4}${literal(character)}`,
      [...Buffer.from(character)].map((byte) => `[%=](?:25){0,3}${hex(byte, 2)}`).join(''),
      units.map((unit) => `\\\\{1,4}u${unit}`).join(''),
      `\\\\{1,4}u\\{0{0,4}${hex(point, 0)}\\}`,
      ...(point < 256 ? [`\\\\{1,4}x${hex(point, 2)}`] : []),
      `&(?:amp;){0,3}#0{0,5}${point};?`,
      `&(?:amp;){0,3}#x0{0,5}${hex(point, 0)};?`,
      ...(entity === undefined ? [] : [`&(?:amp;){0,3}${entity};?`]),
      ...(character === ' ' ? ['\\+'] : []),
    ].join('|')})`;
  }).join('');
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
