/**
 * What an agent wrote, made safe to look at: control, bidi and zero-width characters show as `⟨U+202E⟩`, and letters
 * that pass for ASCII ones show which they are. Nothing is cut, and the result reads the same in every terminal.
 */

/** Letters of other scripts that look like ASCII ones, by the ASCII letter (from Unicode's confusables, the single-letter cases). */
const lookalikes: ReadonlySet<string> = new Set(
  'аВЕЅԁеɡһіјКӏМпоОрРгсСѕТυХхуУԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχϲϳԛЈІАНҮհոսցօⅼⅰⅴⅹⅽⅾⅿ',
);

/** Controls but newline and tab; format characters (bidi, zero-width, BOM); separators but the space; surrogates; unassigned; private use; fillers. */
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}\p{Co}\p{Default_Ignorable_Code_Point}]|[\p{Zs}&&[^ ]]|[\u2800]/v;
const word = /[\p{L}\p{M}\p{N}_]+/gu;
const ascii = /^[\t\n\x20-\x7e]*$/;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

function markLookalikes(text: string): string {
  return text.replace(word, (found) => {
    const letters = Array.from(found).filter((c) => /\p{L}/u.test(c));
    const passesForAscii = letters.every((c) => lookalikes.has(c) || /[A-Za-z]/.test(c));
    const mixed = letters.some((c) => /[A-Za-z]/.test(c)) && letters.some((c) => lookalikes.has(c));
    if (!passesForAscii && !mixed) return found;
    return Array.from(found)
      .map((c) => (lookalikes.has(c) ? `${c}⟨${codePoint(c)}⟩` : c))
      .join('');
  });
}

/** Renders untrusted text so that nothing in it is invisible or passes for something else. Line feeds and tabs stay. */
export function visibleText(text: string): string {
  if (ascii.test(text)) return text;
  let out = '';
  for (const character of markLookalikes(text)) {
    if (character === '\n' || character === '\t') out += character;
    else out += invisible.test(character) ? `⟨${codePoint(character)}⟩` : character;
  }
  return out;
}
