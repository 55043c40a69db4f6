/** The page on approvals, followed: somebody is asked, a receiver is told, somebody approves. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { startPostgres } from '@countersign/testing';
import { test } from '@jest/globals';
import { root } from './blocks.ts';
import { play, waiting } from './play.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

test('docs/approvals.md has a receiver told, verified, of what is asked and decided', async () => {
  const server = await startPostgres();
  try {
    const seed = await readFile(join(root, 'examples/shop/shop.sql'), 'utf8');
    const { url } = await server.createDatabase({ seed });
    await play('docs/approvals.md', {
      env: {
        SHOP_DB_URL: url,
        CHAT_WEBHOOK_URL: `http://127.0.0.1:${await freePort()}/countersign`,
        CHAT_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      },
      given: { 'approve apr_…': async (shell) => `approve ${await waiting(shell)} --yes` },
    });
  } finally {
    await server.stop();
  }
}, 180_000);
