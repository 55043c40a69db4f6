import { expect, test } from '@jest/globals';
import { load } from '../file/testing/load.ts';
import { reviewToken, type TokenHolder } from './token.ts';

const { policy } = load(`version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  olivia: { groups: [support], accounts: ["local:olivia"] }
connections: {}
rules:
  - { name: reads, who: { groups: [agents] }, actions: [read], then: allow }
  - { name: nightly, who: { principals: ["service:nightly"] }, then: { ask: { approvers: [dba] } } }
  - { name: none, who: { groups: [guests] }, then: deny }
`);
const review = (holder: Partial<TokenHolder> & Pick<TokenHolder, 'class' | 'name'>) =>
  reviewToken(policy, { groups: [], owner: null, onBehalfOf: null, ...holder });

test.each([
  ['agent', 'support', { groups: ['agents'], owner: 'olivia' }],
  ['service', 'nightly', { owner: 'dana', onBehalfOf: 'olivia' }],
  ['person', 'dana', {}],
  ['operator', 'anybody', {}],
  ['auditor', 'anybody', {}],
] as const)('a token for %s:%s that the policy knows has nothing against it', (kind, name, more) => {
  expect(review({ class: kind, name, ...more })).toEqual([]);
});

test('a token for what the policy does not know says so, with the nearest name', () => {
  expect(review({ class: 'agent', name: 'support', groups: ['agnets'], owner: 'olvia' })).toEqual([
    'no rule and no mask names the group agnets; did you mean agents?',
    'no rule allows agent:support, in agnets, anything: every call of it is denied',
    'nobody under people is called olvia, the owner: who is meant is not kept from voting on its calls; did you mean olivia?',
  ]);
  expect(review({ class: 'service', name: 'other', onBehalfOf: 'xx' })).toEqual([
    'no rule allows service:other, without a group, anything: every call of it is denied',
    'nobody under people is called xx, the on-behalf-of: who is meant is not kept from voting on its calls',
  ]);
  expect(review({ class: 'agent', name: 'guest', groups: ['guests'], owner: 'dana' })).toEqual([
    'no rule allows agent:guest, in guests, anything: every call of it is denied',
  ]);
  expect(review({ class: 'person', name: 'dnaa' })).toEqual([
    "nobody under people has the account local:dnaa: the token can't vote; did you mean dana?",
  ]);
  expect(review({ class: 'person', name: 'olivia' })).toEqual([
    'olivia is in support, and no rule has such approvers: nothing will wait for olivia',
  ]);
});
