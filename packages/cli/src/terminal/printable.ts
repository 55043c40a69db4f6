/** Nothing that comes from elsewhere may steer the terminal it is printed on. */

const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const shown = (character: string): string =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;

/**
 * The text with control, bidi and zero-width characters shown instead of obeyed; line feeds and tabs stay. What a
 * preview holds went through core's `visibleText` before; this is for names, messages and cells, and changes nothing
 * that is shown already.
 */
export function printable(text: string): string {
  return text.replace(steering, (character) =>
    character === '\n' || character === '\t' ? character : shown(character),
  );
}

/** {@link printable}, with line feeds and tabs shown too: for what has to stay on one line. */
export function printableLine(text: string): string {
  return text.replace(steering, shown);
}
