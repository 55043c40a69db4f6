/** A body of text, masked by its form: JSON value by value, lines of JSON, events, a form; else as one text. */
import type { JsonPathMask } from '../../masking/json-paths.ts';
import { maskJson } from '../../masking/json-text.ts';
import { redacted } from '../../masking/replacements.ts';

export type Clean = (text: string) => string;

/**
 * The type is only a hint: what reads as JSON is JSON, whatever it is called. Where JSON paths hide values, what is no
 * JSON is hidden whole: where the values stand in it can't be told.
 */
export function maskText(
  text: string,
  contentType: string,
  clean: Clean,
  paths: readonly JsonPathMask[] = [],
): string {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const whole = maskJson(text, clean, paths);
  if (whole !== null) return whole;
  const json: Clean = (part) =>
    maskJson(part, clean, paths) ?? (paths.length > 0 && part.trim() !== '' ? redacted : clean(part));
  if (type === 'text/event-stream')
    return maskEvents(text, json, paths.length > 0 ? onlyNames(clean) : clean);
  if (/^\s*[[{]/.test(text) && text.includes('\n')) return byLine(text, json, clean);
  if (paths.length > 0) return text.trim() === '' ? text : redacted;
  if (type === 'application/x-www-form-urlencoded') return maskForm(text, clean);
  return /[<&]/.test(text) ? maskMarkup(text, clean) : clean(text);
}

/** What stands on several lines, as a private key does, is looked for in the whole as well. */
function byLine(text: string, mask: Clean, clean: Clean): string {
  const masked = text.split('\n').map(mask).join('\n');
  return clean(masked) === masked ? masked : redacted;
}

function maskForm(text: string, clean: Clean): string {
  const pairs = [...new URLSearchParams(text)].map(([name, value]): [string, string] => {
    const both = clean(`${name}=${value}`);
    if (both === `${name}=${value}`) return [name, value];
    const masked = clean(value);
    return [clean(name), masked === value ? redacted : masked];
  });
  const masked = new URLSearchParams(pairs).toString();
  const same = new URLSearchParams(text).toString() === masked;
  return same ? clean(text) : masked;
}

/** Lines of events that are no data, where paths hide something: names and numbers of events, and else nothing. */
const onlyNames =
  (clean: Clean): Clean =>
  (line) =>
    /^(?:(?:event|id|retry): ?[\w.:-]{0,100}|:? *)$/.test(line) ? clean(line) : redacted;

/** Each event's data is a text of its own, perhaps over several lines. */
function maskEvents(text: string, json: Clean, clean: Clean): string {
  return text
    .split(/(\r?\n\r?\n|\r\r)/)
    .map((event, index) => (index % 2 === 1 ? event : maskEvent(event, json, clean)))
    .join('');
}

function maskEvent(event: string, json: Clean, clean: Clean): string {
  const lines = event.split(/\r\n|\n|\r/);
  const data = lines
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''));
  const whole = data.join('\n');
  const masked = json(whole);
  const others = lines.filter((line) => !line.startsWith('data:')).map(clean);
  if (masked === whole && others.every((line) => lines.includes(line))) return event;
  return [...others, ...(data.length === 0 ? [] : masked.split('\n').map((line) => `data: ${line}`))].join(
    '\n',
  );
}

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['commat', '@'],
  ['period', '.'],
  ['nbsp', ' '],
  ['hyphen', '-'],
  ['dash', '-'],
  ['num', '#'],
  ['colon', ':'],
]);

/** HTML and XML can write any character in another way: where something is found only then, nothing is shown. */
function maskMarkup(text: string, clean: Clean): string {
  const masked = clean(text);
  const plain = resolved(masked);
  if (plain !== masked && clean(plain) !== plain) return redacted;
  const bare = plain.replace(/<[^<>]{0,2000}>/g, '');
  return clean(bare) === bare ? masked : redacted;
}

function resolved(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));?/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named.get(String(name).toLowerCase()) ?? whole;
      const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
