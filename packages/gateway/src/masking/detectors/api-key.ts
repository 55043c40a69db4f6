/** Credentials: keys that announce themselves by a prefix, values that a name says it of, passwords of URLs. */
import { assignedSecrets } from './assigned-secret.ts';
import { type Detector, isAlphanumeric, occurrences, runEnd, type Span } from './detector.ts';
import { type Shape, shapes } from './key-shapes.ts';

/** Literal alternatives only: one pass over the text. */
const anyPrefix = new RegExp(shapes.map(({ prefix }) => prefix.replace(/[.]/g, '\\.')).join('|'), 'g');
const byPrefix: ReadonlyMap<string, Shape> = new Map(shapes.map((shape) => [shape.prefix, shape]));

export const apiKey: Detector = (text) => [
  ...prefixed(text),
  ...otherwiseShaped(text),
  ...assignedSecrets(text),
  ...urlPasswords(text),
];

/** The shortest key has so many units in a row. Most texts have no such run, and need not be searched for prefixes. */
const longRun = /[A-Za-z0-9_+/=.~-]{12}/;

function prefixed(text: string): Span[] {
  const spans: Span[] = [];
  if (!longRun.test(text)) return spans;
  /** By prefix, the end of the last run that was no key: no part of that run is one either, so it is not walked again. */
  const noneBefore = new Map<string, number>();
  for (const { index, 0: prefix } of text.matchAll(anyPrefix)) {
    const shape = byPrefix.get(prefix);
    const done = Math.max(spans.at(-1)?.end ?? 0, noneBefore.get(prefix) ?? 0);
    if (shape === undefined || index < done || isAlphanumeric(text.charCodeAt(index - 1))) continue;
    const start = index + prefix.length;
    const end = runEnd(text, start, shape.of);
    if (isKey(shape, text.slice(start, end))) spans.push({ start: index, end });
    else noneBefore.set(prefix, end);
  }
  return spans;
}

/** What is known by its form as a whole rather than by how it begins. Fixed lengths, so that each is one pass. */
const forms: readonly (readonly [needs: string, form: RegExp])[] = [
  // Mailchimp, Telegram's bots, Airtable, Azure's client secrets, Terraform Cloud, Discord's bots.
  ['-us', /(?<![0-9A-Za-z])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9A-Za-z])/g],
  [':AA', /(?<![0-9A-Za-z])[0-9]{8,10}:AA[0-9A-Za-z_-]{32,33}(?![0-9A-Za-z_-])/g],
  ['pat', /(?<![0-9A-Za-z])pat[0-9A-Za-z]{14}\.[0-9a-f]{64}(?![0-9A-Za-z])/g],
  ['Q~', /(?<![0-9A-Za-z_~.-])[0-9A-Za-z_~.-]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}(?![0-9A-Za-z_~.-])/g],
  ['.atlasv1.', /(?<![0-9A-Za-z])[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{60,70}/g],
  [
    '.',
    /(?<![0-9A-Za-z_.-])[MNO][0-9A-Za-z]{23,25}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,38}(?![0-9A-Za-z_.-])/g,
  ],
];

function otherwiseShaped(text: string): readonly Span[] {
  if (!longRun.test(text)) return [];
  return forms
    .filter(([needs]) => text.includes(needs))
    .flatMap(([, form]) =>
      Array.from(text.matchAll(form), ({ index, 0: key }) => ({ start: index, end: index + key.length })),
    );
}

const isUserinfo = (unit: number): boolean =>
  unit > 0x20 && unit !== 0x2f && unit !== 0x22 && unit !== 0x27 && unit !== 0x3c && unit !== 0x3e;
/** Longer than user names and passwords in URLs are; it bounds the work for each. */
const longestUserinfo = 512;

/** What stands between `://` and `@` in a URL, where it holds a password. */
function urlPasswords(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const scheme of occurrences(text, '://')) {
    const start = scheme + 3;
    const userinfo = text.slice(start, runEnd(text, start, isUserinfo, longestUserinfo));
    const end = userinfo.lastIndexOf('@');
    const colon = userinfo.indexOf(':');
    if (colon >= 0 && colon + 1 < end) spans.push({ start, end: start + end });
  }
  return spans;
}

function isKey({ least, mix = [] }: Shape, rest: string): boolean {
  return rest.length >= least && mix.every((some) => some.test(rest));
}
