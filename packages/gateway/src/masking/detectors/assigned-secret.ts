/**
 * A credential by the name it is given: `password = hunter2!`, `"api_key": "…"`, `?token=…`. The value has to look like
 * one: `token: string` and `password: required` are about credentials and hold none.
 */
import type { Span } from './detector.ts';

/** Every part is of a bounded length, so that each position is looked at a bounded number of times. */
const assignment =
  /(password|passwd|passphrase|pwd|(?<=[a-z0-9][_-])pass(?![a-z])|secret|api[ _-]?key|access[ _-]?key|account[ _-]?key|auth[ _-]?key|encryption[ _-]?key|token|credential)([a-z0-9_-]{0,16})\\{0,3}["'\]]{0,2}(?:[ \t,]{1,3}["']?value["']?)?[ \t]{0,3}(?:=>|:=|==?|:)[ \t]{0,3}\\{0,3}["']{0,2}/gi;
const longestValue = 512;
const shortestKey = 16;
const shortestPassword = 6;

/** What ends a value: blanks, quotes, and what separates it from the next. */
const ends = /[\s"'`,;&<>\\(){}]/;
/** A name that stands for a value, a mask of it, a path to it. */
const placeholder =
  /^(?:[$%[*{<#•]|env[.:]|process\.|os\.|[a-z][a-z0-9+.-]{1,15}:\/\/|[.~]{0,2}\/[a-z._-]+\/)|^(?:x{4,}|\*{3,}|\.{3,})/i;
/** How names go on that are another word (`secretary`, `tokenizer`), or say where a credential is and of what kind. */
const somethingElse =
  /^(?:ar|iz|less|ly|ed)|(?:url|uri|endpoint|file|path|dir|arn|name|ref|type|address|policy|length|count)$/i;

export function assignedSecrets(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (!text.includes('=') && !text.includes(':')) return spans;
  for (const { index, 0: before, 1: name = '', 2: rest = '' } of text.matchAll(assignment)) {
    const start = index + before.length;
    const piece = text.slice(start, start + longestValue);
    const length = piece.search(ends);
    const value = length < 0 ? piece : piece.slice(0, length);
    const is = /^pass|^pwd/i.test(name) ? isPassword(value) : isKey(value);
    if (is && !placeholder.test(value) && !somethingElse.test(rest))
      spans.push({ start, end: start + value.length });
  }
  return spans;
}

const isPassword = (value: string): boolean =>
  value.length >= shortestPassword && /[A-Za-z]/.test(value) && /[^A-Za-z_.-]/.test(value);

const isKey = (value: string): boolean =>
  value.length >= shortestKey && /[A-Za-z]/.test(value) && /[0-9]/.test(value);
