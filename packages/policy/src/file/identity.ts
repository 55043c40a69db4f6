/** `identity:` whose word is taken for who somebody is, and which groups give a role. */
import type { Identity } from '../identity.ts';
import { issuersReader, secureUrl } from './issuers.ts';
import { anyList, described, object, type Read, reader } from './read.ts';
import { groupName } from './scope.ts';
import type { Environment, Surroundings } from './variables.ts';

/** An address without path. */
function originReader(env: Environment): Read<string> {
  const read = secureUrl(env, 'an address of the gateway, https://…');
  return reader(read.schema, (tree, report) => {
    const url = read(tree, report);
    if (url === undefined || url.href === `${url.origin}/`) return url?.origin;
    report.problem(tree.at, 'the gateway’s address has a path', { expected: 'https://HOST' });
    return undefined;
  });
}

export function identityReader(around: Surroundings): Read<Identity> {
  const groups = anyList(groupName);
  const read = object('identity', {
    public_url: described(
      originReader(around.env),
      'Where browsers reach the gateway, as in `https://countersign.example`. Left out: at its own address.',
    ),
    issuers: described(issuersReader(around), 'Identity providers, by a name of your own.'),
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
    return {
      publicUrl: given.public_url ?? null,
      roles: { auditor, operator },
      issuers: given.issuers ?? new Map(),
    };
  });
}
