/** What stands before a value can say what it is: `SSN: 078051126` is none of the many other things nine digits are. */

/** The words, and as much text as may stand between them and the value. UTF-16 units. */
const longestContext = 64;

/** Whether the text just before `start` matches, which has to end in `$`. Looks at a bounded piece of text. */
export function stands(before: RegExp, text: string, start: number): boolean {
  return before.test(textBefore(text, start));
}

/** As much of the text before `start` as is looked at. */
export function textBefore(text: string, start: number): string {
  return text.slice(Math.max(0, start - longestContext), start);
}
