/** The kinds that the double has: those of every cluster, and some of its own. */
import {
  type Kind,
  Kinds,
  kindsEverywhere,
} from '../../../packages/gateway/src/protocols/kubernetes/kinds.ts';

const own: readonly Kind[] = [
  {
    group: 'example.com',
    resource: 'sprockets',
    kind: 'Sprocket',
    singular: 'sprocket',
    short: ['spr'],
    namespaced: true,
    version: 'v1alpha1',
  },
  {
    group: 'example.com',
    resource: 'fleets',
    kind: 'Fleet',
    singular: 'fleet',
    short: [],
    namespaced: false,
    version: 'v1alpha1',
  },
  // Its names are those of kinds that every cluster has.
  {
    group: 'example.com',
    resource: 'pods',
    kind: 'Pod',
    singular: 'pod',
    short: ['po'],
    namespaced: true,
    version: 'v1alpha1',
  },
];

/** By their names. */
export const kindsOfDouble = new Kinds(own);
export const allKinds: readonly Kind[] = [...kindsEverywhere, ...own];
