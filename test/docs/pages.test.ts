/** The pages on testing and on operations, followed. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, test } from '@jest/globals';
import { root } from './blocks.ts';
import { play } from './play.ts';

let server: PostgresServer;
beforeAll(async () => {
  // Roles are the whole server's: this one is made for the pages and goes with them.
  server = await startPostgres({ shared: false });
});
afterAll(() => server.stop());

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
