/**
 * The path and query of a request, read so strictly that no server can read them as another path than was judged: what
 * some server would decode once more, trim, split or resolve is refused, not cleaned up.
 */
import { CountersignError, type Resource, resource } from '@countersign/core';

export interface RequestTarget {
  /** The decoded segments of the path; none for `/`. A slash at the end adds none. */
  readonly segments: readonly string[];
  /** Without the question mark; null where there is none. */
  readonly query: string | null;
}

/** Characters of resource names, which the record keeps. */
const longestResource = 2048;

/** What a path may hold as it is (RFC 3986), without `;`: some servers cut a segment there. */
const pathText = /^\/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*$/;
/** The same for a query, with the brackets that everyone writes bare there. */
const queryText = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?[\]-]|%[0-9A-Fa-f]{2})*$/;

/**
 * Reads path and query.
 *
 * @throws {CountersignError} `malformed`, `too_large`.
 */
export function parseTarget(target: string): RequestTarget {
  if (!target.startsWith('/'))
    throw malformed('a path that does not begin with "/"', 'a path below the connection’s origin');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? null : target.slice(mark + 1);
  if (target.includes('#')) throw malformed('a fragment', 'a path and a query');
  if (target.includes('\\')) throw malformed('a backslash', '"/" between segments, %5C nowhere');
  if (/[^\x21-\x7e]/.test(target))
    throw malformed('a blank, a control character or a letter beyond ASCII', 'percent-encoded UTF-8');
  if (path.includes(';')) throw malformed('";" in the path', 'a path without parameters of segments');
  if (!pathText.test(path))
    throw malformed('a character that does not belong in a path', 'it percent-encoded');
  if (query !== null && !queryText.test(query))
    throw malformed('a character that does not belong in a query', 'it percent-encoded');
  const written = path.slice(1).split('/');
  if (written.at(-1) === '') written.pop();
  const segments = written.map(readSegment);
  if (resourceOf({ segments }).length > longestResource)
    throw new CountersignError('too_large', { what: 'the path', expected: `at most ${longestResource}` });
  return { segments, query };
}

/** `http:/v1/invoices/42`. */
export const resourceOf = ({ segments }: Pick<RequestTarget, 'segments'>): Resource =>
  resource('http', '', ...(segments.length === 0 ? [''] : segments));

function readSegment(written: string): string {
  if (written === '') throw malformed('"//" in the path', 'one "/" between segments');
  let segment: string;
  try {
    segment = decodeURIComponent(written);
  } catch {
    throw malformed('a percent-encoding that is not UTF-8', 'percent-encoded UTF-8');
  }
  if (/%[0-9A-Fa-f]{2}|%u[0-9A-Fa-f]{4}/i.test(segment))
    throw malformed('a segment that is percent-encoded twice', 'each character encoded once');
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u.test(segment))
    throw malformed('a character in the path that nobody can see', 'visible ones');
  // A server that folds compatible characters reads a fullwidth dot, a two-dot leader, a ligature as ASCII.
  if (/[/\\;⁄∕⧸⧵∖]/.test(segment))
    throw malformed('an encoded slash, backslash or ";" in a segment', 'segments without them');
  // A server that decodes before it splits ends the path there.
  if (/[?#]/.test(segment)) throw malformed('an encoded "?" or "#" in a segment', 'segments without them');
  for (const character of segment)
    if (character > '\u007f' && /[ -~]/.test(character.normalize('NFKC')))
      throw malformed('a character in the path that passes for ASCII', 'the ASCII one, or another');
  if (/^[\s.。]+$/u.test(segment)) throw malformed('a segment of dots', 'a path without "." and ".."');
  if (/^\s|[\s.]$/u.test(segment))
    throw malformed('a segment with a blank at its edge, or a dot at its end', 'one without');
  return segment;
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
