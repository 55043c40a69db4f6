/** Credentials that announce themselves: the prefixes that providers gave their keys so that scanners can find them. */
import {
  type Detector,
  isAlphanumeric,
  isDigit,
  isTokenUnit,
  isUpper,
  occurrences,
  runEnd,
  type Span,
} from './detector.ts';

interface Shape {
  readonly prefix: string;
  /** The fewest units after the prefix. */
  readonly least: number;
  readonly of: (unit: number) => boolean;
  /** What the rest must also hold, where the prefix begins ordinary names too. */
  readonly mix?: readonly RegExp[];
}

const isUpperOrDigit = (unit: number): boolean => isUpper(unit) || isDigit(unit);
const isDottedToken = (unit: number): boolean => isTokenUnit(unit) || unit === 0x2e;
/** Base64 with its padding. */
const isBase64 = (unit: number): boolean =>
  isAlphanumeric(unit) || unit === 0x2b || unit === 0x2f || unit === 0x3d;
/** RFC 6750's token68. */
const isBearer = (unit: number): boolean => isBase64(unit) || isDottedToken(unit) || unit === 0x7e;

const shapes: readonly Shape[] = [
  // AWS access key ids, of users and of sessions.
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => ({ prefix, least: 16, of: isUpperOrDigit })),
  // GitHub, GitLab.
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => ({ prefix, least: 30, of: isAlphanumeric })),
  { prefix: 'github_pat_', least: 22, of: isTokenUnit },
  ...['glpat-', 'gldt-', 'glrt-', 'glsoat-'].map((prefix) => ({ prefix, least: 20, of: isDottedToken })),
  // Slack.
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'].map((prefix) => ({
    prefix,
    least: 10,
    of: isDottedToken,
  })),
  // Stripe.
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'].map((prefix) => ({
    prefix,
    least: 16,
    of: isBase64,
  })),
  // Google: API keys, OAuth access tokens and client secrets.
  { prefix: 'AIza', least: 35, of: isTokenUnit },
  { prefix: 'ya29.', least: 20, of: isDottedToken },
  { prefix: 'GOCSPX-', least: 20, of: isTokenUnit },
  // Model providers.
  { prefix: 'sk-', least: 20, of: isTokenUnit, mix: [/[0-9]/, /[a-z]/, /[A-Z]/] },
  { prefix: 'hf_', least: 30, of: isAlphanumeric },
  { prefix: 'gsk_', least: 40, of: isAlphanumeric },
  { prefix: 'xai-', least: 40, of: isAlphanumeric },
  // Registries.
  { prefix: 'npm_', least: 36, of: isAlphanumeric },
  { prefix: 'pypi-', least: 50, of: isTokenUnit },
  { prefix: 'dckr_pat_', least: 20, of: isTokenUnit },
  // Clouds and services.
  { prefix: 'SG.', least: 60, of: isDottedToken },
  { prefix: 'dop_v1_', least: 60, of: isAlphanumeric },
  { prefix: 'dapi', least: 32, of: isAlphanumeric, mix: [/[0-9]/, /[a-z]/] },
  { prefix: 'hvs.', least: 20, of: isTokenUnit },
  { prefix: 'shpat_', least: 32, of: isAlphanumeric },
  { prefix: 'shpss_', least: 32, of: isAlphanumeric },
  { prefix: 'lin_api_', least: 30, of: isAlphanumeric },
  { prefix: 'sntrys_', least: 30, of: isBase64 },
  { prefix: 'AccountKey=', least: 40, of: isBase64 },
  { prefix: 'SharedAccessKey=', least: 40, of: isBase64 },
  // Countersign's own tokens.
  ...['agent', 'service', 'person', 'operator', 'local'].map((kind) => ({
    prefix: `cs_${kind}_`,
    least: 43,
    of: isTokenUnit,
  })),
  // HTTP's own way to say so.
  ...['Bearer ', 'bearer '].map((prefix) => ({
    prefix,
    least: 20,
    of: isBearer,
    mix: [/[0-9]/, /[A-Za-z]/],
  })),
  ...['Basic ', 'basic '].map((prefix) => ({ prefix, least: 12, of: isBase64, mix: [/[0-9]/, /[A-Z]/] })),
  { prefix: 'AGE-SECRET-KEY-1', least: 50, of: isUpperOrDigit },
];

/** Literal alternatives only: one pass over the text. */
const anyPrefix = new RegExp(shapes.map(({ prefix }) => prefix.replace(/[.]/g, '\\.')).join('|'), 'g');
const byPrefix: ReadonlyMap<string, Shape> = new Map(shapes.map((shape) => [shape.prefix, shape]));

export const apiKey: Detector = (text) => [...prefixed(text), ...urlPasswords(text)];

function prefixed(text: string): Span[] {
  const spans: Span[] = [];
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
