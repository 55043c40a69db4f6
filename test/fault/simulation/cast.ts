/** Who plays, and by which policies. Each policy stands here twice: as its file, and as what it means, for the judge. */
import type { Principal } from '@countersign/core';
import { type LoadedFile, parsePolicyFile } from '@countersign/policy';

export const minute = 60_000;
export const hour = 60 * minute;

const as = (principal: Partial<Principal> & Pick<Principal, 'class' | 'id' | 'name'>): Principal => ({
  groups: [],
  account: null,
  owner: null,
  onBehalfOf: null,
  ...principal,
});

/** Olivia's agent, and the same one while it acts for Sam: neither may be approved by who it belongs to. */
export const agents: readonly Principal[] = [
  as({ class: 'agent', id: 'agent:a', name: 'a', owner: 'olivia' }),
  as({ class: 'agent', id: 'agent:b', name: 'b', owner: 'olivia', onBehalfOf: 'sam' }),
];
export const operator = as({ class: 'operator', id: 'operator:o', name: 'o' });

const person = (name: string): Principal =>
  as({ class: 'person', id: `person:${name}`, name, account: `local:${name}` });
/** Sam has two accounts and is one human; Mallory is nobody under people. */
export const people = ['dana', 'kim', 'sam', 'sam-too', 'olivia', 'mallory'].map(person);

type Groups = Readonly<Record<string, readonly string[]>>;
const everyone: Groups = {
  dana: ['dba'],
  sam: ['dba'],
  kim: ['security', 'dba'],
  olivia: ['dba', 'security'],
};

/** What a policy says of a write. Reads are always allowed. */
export interface Meaning {
  readonly writes: 'allow' | 'deny' | readonly { readonly group: string; readonly votes: number }[];
  readonly people: Groups;
}

const meanings: readonly Meaning[] = [
  { writes: [{ group: 'dba', votes: 1 }], people: everyone },
  { writes: [{ group: 'dba', votes: 2 }], people: everyone },
  {
    writes: [
      { group: 'dba', votes: 1 },
      { group: 'security', votes: 1 },
    ],
    people: everyone,
  },
  { writes: [{ group: 'dba', votes: 1 }], people: { ...everyone, dana: [], kim: ['security'] } },
  { writes: 'allow', people: everyone },
  { writes: 'deny', people: everyone },
];

function written({ writes, people: known }: Meaning): string {
  const entries = Object.entries(known).map(([name, groups]) => {
    const accounts = [name, ...(name === 'sam' ? ['sam-too'] : [])].map((one) => `"local:${one}"`);
    return `  ${name}: { groups: [${groups.join(', ')}], accounts: [${accounts.join(', ')}] }`;
  });
  const rules =
    typeof writes === 'string'
      ? [`  - { name: writes, actions: [write], then: ${writes} }`]
      : writes.map(
          ({ group, votes }) => `  - name: ${group} for writes
    actions: [write]
    then: { ask: { approvers: [${group}], votes: ${votes}, vote_within: 1h, start_within: 10m } }`,
        );
  return `version: 1
people:
${entries.join('\n')}
connections:
  target: { protocol: postgres, url: "\${URL}" }
  other: { protocol: postgres, url: "\${URL}" }
rules:
  - { name: reads, actions: [read], then: allow }
${rules.join('\n')}
limits: { waiting_per_principal: 4, waiting_per_group: 100 }
`;
}

export const policies: readonly { readonly file: LoadedFile; readonly meaning: Meaning }[] = meanings.map(
  (meaning) => ({
    meaning,
    file: parsePolicyFile(written(meaning), {
      file: 'countersign.yaml',
      env: { URL: 'postgres://nowhere.invalid/x' },
      directory: '/nonexistent',
    }),
  }),
);

/** The policies that a story draws from: most of them ask. */
export const drawn = [0, 0, 0, 1, 1, 2, 3, 4, 5].map((index) => policies[index] as (typeof policies)[0]);

export const meaningOf = (version: string): Meaning | undefined =>
  policies.find(({ file }) => file.policy.version === version)?.meaning;

/** Who stands behind an account under a policy, by its own words and not by the product's. */
export function humanBehind(account: string, { people: known }: Meaning): string | null {
  const name = account === 'local:sam-too' ? 'sam' : account.slice('local:'.length);
  return Object.hasOwn(known, name) ? name : null;
}
