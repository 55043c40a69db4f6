/** `identity:` whose word is taken for who somebody is, and which groups give a role. */
import type { Identity } from '../identity.ts';
import { anyList, described, object, type Read, reader } from './read.ts';
import { groupName } from './scope.ts';
import { type Environment, fill, type Surroundings } from './variables.ts';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** An https address without path, or http on this machine. */
function originReader(env: Environment): Read<string> {
  const read = fill(env, 'an https:// address');
  return reader(read.schema, (tree, report) => {
    const value = read(tree, report);
    if (value === undefined) return undefined;
    const url = URL.parse(value);
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
    if (url !== null && safe && url.username === '' && url.password === '' && url.href === `${url.origin}/`)
      return url.origin;
    report.problem(tree.at, 'this is no address that browsers can be led to', {
      expected: 'https://HOST without user and path; http:// on this machine only',
    });
    return undefined;
  });
}

export function identityReader({ env }: Surroundings): Read<Identity> {
  const groups = anyList(groupName);
  const read = object('identity', {
    public_url: described(
      originReader(env),
      'Where browsers reach the gateway, as in `https://countersign.example`. Left out: at its own address.',
    ),
    roles: described(
      object('roles', {
        auditor: described(
          groups,
          'Groups whose members read everything and never vote, whatever else they are in.',
        ),
        operator: described(groups, 'Groups whose members look after connections, policy and stops.'),
      }),
      'Which groups give a role to people who sign in: those under `people`, and those that the identity provider names. Who may vote says `approvers`.',
    ),
  });
  return reader(read.schema, (tree, report) => {
    const given = read(tree, report);
    if (given === undefined) return undefined;
    const { auditor = [], operator = [] } = given.roles ?? {};
    return { publicUrl: given.public_url ?? null, roles: { auditor, operator } };
  });
}
