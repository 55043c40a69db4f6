/** A body of text, masked by its form: JSON value by value, lines of JSON, events, a form; else as one text. */
import { maskJson } from './json-text.ts';

export type Clean = (text: string) => string;

/** The type is only a hint: what reads as JSON is JSON, whatever it is called. */
export function maskText(text: string, contentType: string, clean: Clean): string {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const whole = maskJson(text, clean);
  if (whole !== null) return whole;
  if (type === 'text/event-stream') return maskEvents(text, clean);
  if (type === 'application/x-www-form-urlencoded') return maskForm(text, clean);
  if (/^\s*[[{]/.test(text) && text.includes('\n'))
    return byLine(text, (line) => maskJson(line, clean) ?? clean(line), clean);
  return /[<&]/.test(text) ? maskMarkup(text, clean) : clean(text);
}

/** What stands on several lines, as a private key does, is looked for in the whole as well. */
function byLine(text: string, mask: Clean, clean: Clean): string {
  const masked = text.split('\n').map(mask).join('\n');
  return clean(masked) === masked ? masked : clean(text);
}

function maskForm(text: string, clean: Clean): string {
  const pairs = [...new URLSearchParams(text)].map(([name, value]): [string, string] => {
    const both = clean(`${name}=${value}`);
    if (both === `${name}=${value}`) return [name, value];
    const masked = clean(value);
    return [clean(name), masked === value ? '[redacted]' : masked];
  });
  const masked = new URLSearchParams(pairs).toString();
  const same = new URLSearchParams(text).toString() === masked;
  return same ? clean(text) : masked;
}

/** Each event's data is a text of its own, perhaps over several lines. */
function maskEvents(text: string, clean: Clean): string {
  return text
    .split(/(\r?\n\r?\n|\r\r)/)
    .map((event, index) => (index % 2 === 1 ? event : maskEvent(event, clean)))
    .join('');
}

function maskEvent(event: string, clean: Clean): string {
  const lines = event.split(/\r\n|\n|\r/);
  const data = lines
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''));
  const whole = data.join('\n');
  const masked = maskJson(whole, clean) ?? clean(whole);
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
  if (plain !== masked && clean(plain) !== plain) return '[redacted]';
  const bare = plain.replace(/<[^<>]{0,2000}>/g, '');
  return clean(bare) === bare ? masked : '[redacted]';
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
