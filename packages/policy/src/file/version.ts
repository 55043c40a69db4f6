/** The policy version: a digest of what decides, exactly as it is written. */
import { canonicalJson, type Json, sha256 } from '@countersign/core';
import { plain, type Tree } from './tree.ts';

/**
 * SHA-256 over `countersign.policy.v1`, a newline, and the RFC 8785 JSON of `rules`, `masks`, `limits` and `people` as
 * the file has them (null where it hasn't), `identity` where it has one, and of each connection's `name`, `protocol` and `labels`, by name; before
 * any `${VAR}` is filled in.
 */
export function policyVersion(file: Tree): string {
  const section = (name: string): Tree | undefined =>
    file.kind === 'map' ? file.entries.get(name)?.value : undefined;
  const json = (tree: Tree | undefined): Json => (tree === undefined ? null : (plain(tree) as Json));
  const connections = section('connections');
  const named = connections?.kind === 'map' ? [...connections.entries.values()] : [];
  const identity = section('identity');
  const body = canonicalJson({
    ...(identity === undefined ? {} : { identity: json(identity) }),
    rules: json(section('rules')),
    masks: json(section('masks')),
    limits: json(section('limits')),
    people: json(section('people')),
    connections: named
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, value }) => {
        const entries = value.kind === 'map' ? value.entries : undefined;
        return {
          name: key,
          protocol: json(entries?.get('protocol')?.value),
          labels: json(entries?.get('labels')?.value),
        };
      }),
  });
  return sha256(`countersign.policy.v1\n${body}`);
}
