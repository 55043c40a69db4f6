/** The READMEs of the examples, followed in a checkout. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { root } from './blocks.ts';
import { play, waiting } from './play.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe('the README of an example', () => {
  /** The examples as a checkout has them, each listening where the play does. */
  const checkout = async (folder: string, own: (text: string) => string) => {
    for (const name of ['shop', 'worker', 'http', 'kubernetes']) {
      const [from, to] = [join(root, 'examples', name), join(folder, 'examples', name)];
      await mkdir(to, { recursive: true });
      for (const entry of await readdir(from, { withFileTypes: true }))
        if (entry.isFile())
          await writeFile(join(to, entry.name), own(await readFile(join(from, entry.name), 'utf8')));
    }
  };

  test.each([['shop'], ['worker'], ['http'], ['kubernetes']])(
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
