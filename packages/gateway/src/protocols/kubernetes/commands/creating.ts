/** `create KIND NAME`: objects that are made of flags. */
import type { Effect } from '@countersign/core';
import { tokenType } from '../actions.ts';
import { checkName } from '../names.ts';
import { objectsMeant } from '../objects.ts';
import {
  type Command,
  command,
  dryRuns,
  effectsOn,
  type Given,
  isClientDryRun,
  malformed,
  nameOf,
  of,
  type Place,
  placeOf,
  prints,
} from './command.ts';

/** The one word that names it. */
function nameIn({ args }: Given): string {
  const [name, ...more] = args;
  if (name === undefined || more.length > 0) throw malformed('no name, or more than one', 'one NAME');
  return checkName(name);
}

/** What is made; a hash of what is in it becomes part of its name. */
function madeOf(given: Given, kind: string): Place {
  const name = nameIn(given);
  return of(given, kind, given.flags.isOn('append-hash') ? null : name);
}

function creates(kind: string, more: (given: Given) => readonly Effect[] = () => []): Command['effects'] {
  return (given) => {
    const place = madeOf(given, kind);
    return [...(isClientDryRun(given) ? [] : effectsOn([place], 'create')), ...more(given)];
  };
}

const token = (given: Given): readonly Effect[] =>
  given.flags.value('type') === tokenType
    ? [{ action: 'secret.token', resource: nameOf(madeOf(given, 'secrets')) }]
    : [];

/** A job is made after the template of a cron job. */
function template(given: Given): readonly Effect[] {
  const from = given.flags.value('from');
  return from === null
    ? []
    : effectsOn(
        objectsMeant(given.kinds, [from]).map((one) => placeOf(given, one)),
        'get',
      );
}

const made = `${prints} ${dryRuns} save-config? validate~strict`;

/** What each kind takes; files are no part of it. */
const kindsMade: readonly (readonly [string, string, string, ((given: Given) => readonly Effect[])?])[] = [
  ['namespace', 'namespaces', ''],
  ['configmap', 'configmaps', 'append-hash? from-literal='],
  ['secret generic', 'secrets', 'append-hash? from-literal= type=', token],
  [
    'secret docker-registry',
    'secrets',
    'append-hash? docker-email= docker-password= docker-server= docker-username=',
  ],
  ['deployment', 'deployments.apps', 'image= port= r/replicas='],
  ['service clusterip', 'services', 'clusterip= tcp='],
  ['service nodeport', 'services', 'node-port= tcp='],
  ['service loadbalancer', 'services', 'tcp='],
  ['service externalname', 'services', 'external-name= tcp='],
  ['serviceaccount', 'serviceaccounts', ''],
  ['role', 'roles.rbac.authorization.k8s.io', 'resource= resource-name= verb='],
  [
    'rolebinding',
    'rolebindings.rbac.authorization.k8s.io',
    'clusterrole= group= role= serviceaccount= user=',
  ],
  [
    'clusterrole',
    'clusterroles.rbac.authorization.k8s.io',
    'aggregation-rule= non-resource-url= resource= resource-name= verb=',
  ],
  [
    'clusterrolebinding',
    'clusterrolebindings.rbac.authorization.k8s.io',
    'clusterrole= group= serviceaccount= user=',
  ],
  ['job', 'jobs.batch', 'from= image=', template],
  ['cronjob', 'cronjobs.batch', 'image= restart= schedule='],
  ['ingress', 'ingresses.networking.k8s.io', 'annotation= class= default-backend= rule='],
  ['poddisruptionbudget', 'poddisruptionbudgets.policy', 'max-unavailable= min-available= selector='],
  [
    'priorityclass',
    'priorityclasses.scheduling.k8s.io',
    'description= global-default? preemption-policy= value=',
  ],
  ['quota', 'resourcequotas', 'hard= scopes='],
];

export const creating: readonly Command[] = [
  ...kindsMade.map(([path, kind, flags, more]) =>
    command(`create ${path}`, `${made} ${flags}`, creates(kind, more)),
  ),
  command(
    'create token',
    `${prints} audience= bound-object-kind= bound-object-name= bound-object-uid= duration=`,
    (given) => {
      const account = of(given, 'serviceaccounts', nameIn(given));
      return effectsOn([account], 'create', 'token');
    },
  ),
];
