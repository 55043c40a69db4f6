/** The caller's own policy file, with the test's databases behind its connections. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoadedFile, type Person, parsePolicyFile } from '@countersign/policy';

export interface PolicyForTest {
  /** The folder of the file: what a seed's path is relative to. */
  readonly directory: string;
  /** With these databases' URLs behind the connections that are so named. */
  load(databases: ReadonlyMap<string, string>): LoadedFile;
}

/** Stands for variables that the test gives no value: no credential of the machine's own gets into a test. */
const unset = 'postgres://unset.invalid/unset';

/** The human who answers for the test's agent where it names none; in no group, so that it takes no one's vote. */
export const ownerOfTest = 'owner-of-the-test';

export async function readPolicyForTest(
  config: string | URL,
  env: Readonly<Record<string, string>>,
): Promise<PolicyForTest> {
  const file = config instanceof URL ? fileURLToPath(config) : resolve(config);
  const text = await readFile(file, 'utf8');
  const directory = dirname(file);
  const variables = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name = '']) => [
    name,
    unset,
  ]);
  const loaded = parsePolicyFile(text, {
    file,
    directory,
    env: { ...(Object.fromEntries(variables) as Record<string, string>), ...env },
  });
  return {
    directory,
    load: (databases) => {
      const connections = new Map(loaded.connections);
      for (const [name, url] of databases) {
        const connection = connections.get(name);
        if (connection === undefined) throw new Error(`${file} has no connection ${name}`);
        const { logins: _, ...settings } = connection.settings;
        connections.set(name, { ...connection, settings: { ...settings, url } });
      }
      return {
        ...loaded,
        server: { ...loaded.server, tls: null, localOperator: true, store: { kind: 'embedded' } },
        policy: { ...loaded.policy, people: withLocalAccounts(loaded.policy.people) },
        connections,
      };
    },
  };
}

/** A test's people prove who they are by local tokens, whatever accounts the file gives them. */
function withLocalAccounts(people: ReadonlyMap<string, Person>): ReadonlyMap<string, Person> {
  const owner: Person = { name: ownerOfTest, groups: [], accounts: [] };
  return new Map(
    [...people.values(), owner].map((person) => [
      person.name,
      { ...person, accounts: [...person.accounts, accountOf(person.name)] },
    ]),
  );
}

/** The name on a person's token. */
export const tokenNameOf = (person: string): string => `test.${person}`.slice(0, 64);
const accountOf = (person: string): string => `local:${tokenNameOf(person)}`;
