/** Claims of a token whose signature was verified: values from outside still, found by own properties only. */
import type { Json } from '@countersign/core';

export type Claims = Readonly<Record<string, Json>>;

export const isClaims = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (value: unknown, key: string): Json | undefined =>
  isClaims(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The claim of this very name, else the one that the dots lead to: `realm_access.roles`. */
export function claimAt(claims: Claims, path: string): Json | undefined {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<Json | undefined>((value, key) => own(value, key), claims as Json);
}

/** A claim that is text; null where it is anything else. */
export function textAt(claims: Claims, path: string): string | null {
  const value = claimAt(claims, path);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What a policy can name; other groups give nothing and take nothing. */
const nameable = /^[^\p{C}\p{Z}]+$/u;

/** The form of a subject: OpenID Connect has at most 255 ASCII characters. */
const subjectForm = /^[\x21-\x7e]{1,255}$/;

/** Who a token is about; null where its subject has another form. */
export function subjectOf(claims: Claims): string | null {
  const subject = textAt(claims, 'sub');
  return subject !== null && subjectForm.test(subject) ? subject : null;
}

/** The most groups, and the longest name of one. */
const [mostGroups, longestGroup] = [2000, 200];

/** Groups, or why they can't be told. */
export type Groups =
  | { readonly groups: readonly string[]; readonly problem?: undefined }
  | { readonly groups?: undefined; readonly problem: string };

/**
 * The groups that a claim names; none where there is no such claim. A provider that leaves them out because there are
 * too many says so: who is in what is then not known, and nothing is what it must not be taken for.
 */
export function groupsAt(claims: Claims, path: string): Groups {
  const [root = ''] = path.split('.');
  const value = claimAt(claims, path);
  const left = own(claims['_claim_names'], root) !== undefined;
  if (left || (value === undefined && [true, 'true', 1].includes(claims['hasgroups'] as never)))
    return {
      problem:
        'the token leaves the groups out, because there are too many: have the provider send only those of the application',
    };
  if (value === undefined) return { groups: [] };
  const list = typeof value === 'string' ? [value] : value;
  const isGroup = (group: unknown): group is string =>
    typeof group === 'string' && group !== '' && group.length <= longestGroup;
  if (!Array.isArray(list) || !list.every(isGroup))
    return { problem: `the claim ${path} is no list of groups` };
  if (list.length > mostGroups) return { problem: `the claim ${path} names more than ${mostGroups} groups` };
  return { groups: [...new Set(list.filter((group) => nameable.test(group)))] };
}
