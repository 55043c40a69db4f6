/**
 * What an agent wrote, made safe to look at: control, bidi and zero-width characters show as `⟨U+202E⟩`, and letters
 * that pass for ASCII ones show which they are. Nothing is cut, and the result reads the same in every terminal.
 */

/**
 * Letters that look like ASCII ones though a whole word of them may be honest (from Unicode's confusables, the
 * single-letter cases). Letters of another script beside ASCII ones in one word need no list.
 */
const lookalikes: ReadonlySet<string> = new Set(
  'аВЕЅԁеɡһіјКӏМпоОрРгсСѕТтυХхуУԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχϲϳԛЈІАНҮհոսցօⅼⅰⅴⅹⅽⅾⅿıɑɩɪʟᴄᴏᴜᴠᴡᴢʀɴʙʜſ',
);

/** Quotes, dashes, slashes and the like that pass for the ASCII ones that mean something in SQL and shells. */
const lookalikeMarks: ReadonlySet<string> = new Set('‘’‚‛′ʹʻʼʽˈ“”„‟″‐‑‒–−⁄∕⧸∗⁎‚،؛։׃∶﹣﹨∖¦ǀ∣');

/** Controls but newline and tab; format characters (bidi, zero-width, BOM); separators but the space; surrogates; unassigned; private use; fillers. */
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}\p{Co}\p{Default_Ignorable_Code_Point}]|[\p{Zs}&&[^ ]]|[\u2800]/v;
const ascii = /^[\t\n\x20-\x7e]*$/;
const asciiLetter = /[A-Za-z]/;
const letter = /\p{L}/u;
/** Scripts with letters that pass for ASCII ones; beside those in one word every letter of them is told. */
const mixable =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Coptic}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;
/** Scripts of which whole words read as ASCII capitals. */
const capitals = /[\p{Script=Cherokee}\p{Script=Lisu}]/u;

/** A word, with the apostrophes inside it; or one character. */
const piece = /[\p{L}\p{M}\p{N}_]+(?:’[\p{L}\p{M}\p{N}_]+)*|[^]/gu;

const wordStart = /^[\p{L}\p{M}\p{N}_]/u;

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const told = (character: string): string => `${character}⟨${codePoint(character)}⟩`;

/** Whether it is a wide, bold or otherwise dressed-up form of ASCII: of one character, or of several for a letter. */
function isDressed(character: string): boolean {
  if (character <= '\u007F') return false;
  const plain = character.normalize('NFKC');
  return /^[\x21-\x7e]$/.test(plain) || (letter.test(character) && /^[A-Za-z]+$/.test(plain));
}

function passesForAscii(character: string): boolean {
  return lookalikes.has(character) || capitals.test(character) || isDressed(character);
}

/** Tells the letters of a word that pass for ASCII ones, where the word as a whole does or is mixed. */
function visibleWord(word: string): string {
  const characters = Array.from(word);
  const letters = characters.filter((c) => letter.test(c));
  const hasAscii = letters.some((c) => asciiLetter.test(c));
  const readsAsAscii = letters.every((c) => asciiLetter.test(c) || passesForAscii(c));
  const isTold = (c: string): boolean =>
    isDressed(c) || ((hasAscii || readsAsAscii) && passesForAscii(c)) || (hasAscii && mixable.test(c));
  return characters.map((c) => visibleCharacter(c, isTold(c))).join('');
}

function visibleCharacter(character: string, isTold: boolean): string {
  if (character === '\n' || character === '\t') return character;
  if (invisible.test(character)) return `⟨${codePoint(character)}⟩`;
  return isTold ? told(character) : character;
}

/** The brackets are ours, so those that an agent wrote are told from them. */
const isMark = (character: string): boolean =>
  character === '⟨' || character === '⟩' || lookalikeMarks.has(character) || isDressed(character);

/** Renders untrusted text so that nothing in it is invisible or passes for something else. Line feeds and tabs stay. */
export function visibleText(text: string): string {
  if (ascii.test(text)) return text;
  return text.replace(piece, (found) =>
    wordStart.test(found) ? visibleWord(found) : visibleCharacter(found, isMark(found)),
  );
}

/**
 * One line in which names from elsewhere stand: what is invisible in it shows, line feeds and tabs too, so that no name
 * begins a line of its own or turns what follows. What was made visible before stays as it is.
 */
export function visibleLine(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return Array.from(text, (character) =>
    invisible.test(character) ? `⟨${codePoint(character)}⟩` : character,
  ).join('');
}
