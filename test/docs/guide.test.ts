/** The guide, followed by a newcomer. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, test } from '@jest/globals';
import { root } from './blocks.ts';
import { play, waiting } from './play.ts';

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
