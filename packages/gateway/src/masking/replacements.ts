/**
 * What stands in a value's place.
 *
 * | kind | stands as | |
 * | --- | --- | --- |
 * | redact | `[redacted]` | |
 * | hash | `[hash:` and 24 letters `]` | the same value reads the same within one principal, run and domain |
 * | tokenize | `[token:` and 24 letters `]` | likewise |
 * | partial | `••••4242` | the last four characters of a value with eight or more, else four dots |
 *
 * Hashes and tokens are 96 bits of HMAC-SHA-256, written with the letters a to p: no digits, so that no detector takes
 * them for anything.
 */
import { createHmac } from 'node:crypto';
import { canonicalJson, type MaskKind } from '@countersign/core';
import type { MaskScope } from './masker.ts';

export const redacted = '[redacted]';
const dots = '••••';
const shownEnd = 4;
const shortestPartial = 8;
/** 96 bits. */
const macBytes = 12;

export type Replace = (value: string) => string;

/** What replaces values of one mask: its kind, and for hashes and tokens the domain and whom they are hidden from. */
export function replacement(kind: MaskKind, domain: string, scope: MaskScope): Replace {
  switch (kind) {
    case 'redact':
      return () => redacted;
    case 'partial':
      return partial;
    case 'hash':
      return keyed('hash', domain, scope);
    case 'tokenize':
      return keyed('token', domain, scope);
    default:
      // A kind this gateway does not know hides everything.
      return () => redacted;
  }
}

function partial(value: string): string {
  const characters = Array.from(value);
  return characters.length < shortestPartial ? dots : dots + characters.slice(-shownEnd).join('');
}

function keyed(word: 'hash' | 'token', domain: string, { secret, principal, run }: MaskScope): Replace {
  const key = createHmac('sha256', secret)
    .update(`countersign.mask.v1\n${canonicalJson([word, principal, run, domain])}`)
    .digest();
  return (value) => {
    const mac = createHmac('sha256', key).update(value).digest().subarray(0, macBytes);
    return `[${word}:${inLetters(mac)}]`;
  };
}

function inLetters(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15));
  return out;
}

const marks = /\[redacted\]|\[(?:hash|token):[a-p]{24}\]|•{4}/;

const everyMark = new RegExp(marks.source, 'g');
const isToken = /^\[token:[a-p]{24}\]$/;

/** The masks that a text carries, as they stand in it. */
export function masksIn(text: string): readonly string[] {
  return text.match(everyMark) ?? [];
}

/** Whether a text is a token and nothing else. */
export function isWholeToken(text: string): boolean {
  return isToken.test(text);
}

/**
 * Whether a text carries a mask, as it is or percent-encoded as in a form: what was hidden from a reader must not be
 * written back as if it were the value.
 */
export function carriesMask(text: string): boolean {
  return marks.test(text) || (text.includes('%') && marks.test(percentDecoded(text)));
}

const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    Buffer.from(encoded.replaceAll('%', ''), 'hex').toString(),
  );
