/** The pages that a newcomer follows, followed. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { root } from './blocks.ts';
import { play, type Shell } from './play.ts';

let server: PostgresServer;
beforeAll(async () => {
  // Roles are the whole server's: this one is made for the page and goes with it.
  server = await startPostgres({ shared: false });
});
afterAll(() => server.stop());

test('docs/guide.md guards a tool, from the first role to the first test', async () => {
  const seed = await readFile(join(root, 'examples/shop/shop.sql'), 'utf8');
  const { url } = await server.createDatabase({ seed });
  const gateways = Object.assign(new URL(url), { username: 'shop_gateway', password: 'choose-one' });
  await play('docs/guide.md', {
    folder: (folder) => copyFile(join(root, 'examples/shop/shop.sql'), join(folder, 'shop.sql')),
    env: { ADMIN_URL: url, SHOP_DB_URL: gateways.href, COUNTERSIGN_TEST_POSTGRES: server.url },
    given: {
      // Where the page has dana press a key.
      'approve apr_…': async (shell) => `approve ${await waiting(shell)} --yes`,
      'apr_…': (shell) => waiting(shell),
    },
  });
}, 180_000);

test('docs/testing.md tests a policy and an agent', async () => {
  await play('docs/testing.md', {
    folder: async (folder) => {
      for (const name of ['shop.sql', 'countersign.yaml'])
        await copyFile(join(root, 'examples/shop', name), join(folder, name));
    },
    env: { COUNTERSIGN_TEST_POSTGRES: server.url },
  });
}, 180_000);

test('docs/operations.md sets up three logins, a service, tokens, stops and a record', async () => {
  const seed = await readFile(join(root, 'examples/shop/shop.sql'), 'utf8');
  const { url } = await server.createDatabase({ seed });
  const as = (username: string, password: string) => Object.assign(new URL(url), { username, password }).href;
  await play('docs/operations.md', {
    env: {
      ADMIN_URL: url,
      SHOP_WALL: as('shop_wall', 'choose-one'),
      SHOP_READ: as('shop_read', 'choose-another'),
      SHOP_WRITE: as('shop_write', 'choose-a-third'),
    },
    given: {
      'stop_…': async (shell) => {
        const said = await shell.type('npx countersign stop list --json');
        return /"id": "(stop_[0-9a-z]+)"/.exec(said)?.[1] ?? 'none';
      },
    },
  });
}, 180_000);

describe('the README of an example', () => {
  /** The examples as a checkout has them, each listening where the play does. */
  const checkout = async (folder: string, own: (text: string) => string) => {
    for (const name of ['shop', 'worker']) {
      const [from, to] = [join(root, 'examples', name), join(folder, 'examples', name)];
      await mkdir(to, { recursive: true });
      for (const entry of await readdir(from, { withFileTypes: true }))
        if (entry.isFile())
          await writeFile(join(to, entry.name), own(await readFile(join(from, entry.name), 'utf8')));
    }
  };

  test.each([['shop'], ['worker']])(
    'is true: %s',
    async (name) => {
      const { url } = await server.createDatabase();
      const beside = `-c examples/${name}/countersign.yaml`;
      await play(`examples/${name}/README.md`, {
        folder: checkout,
        env: { SHOP_DB_URL: url },
        given: {
          'COUNTERSIGN_TOKEN=…': async (shell) => {
            const mint = `npx countersign token ${beside} --agent support --group agents --owner olivia --json`;
            return `COUNTERSIGN_TOKEN=${/cs_agent_[A-Za-z0-9_-]+/.exec(await shell.type(mint))?.[0] ?? ''}`;
          },
          'approve apr_…': async (shell) => `approve ${await waiting(shell, beside)} --yes`,
        },
      });
    },
    180_000,
  );
});

/** The id of the one approval that waits, as soon as there is one. */
async function waiting(shell: Shell, beside = ''): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const said = await shell.type(`npx countersign approvals --json ${beside}`);
    const id = /"id": "(apr_[0-9a-z]+)"/.exec(said)?.[1];
    if (id !== undefined) return id;
  }
  throw new Error('nothing waits');
}
