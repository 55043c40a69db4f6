import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countersign } from './countersign.ts';
import { inProcess } from './in-process.ts';

let folder: string;
const here = (...args: readonly string[]) => inProcess(['policy', 'test', ...args], { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-policy-test-'));
  await writeFile(
    join(folder, 'countersign.yaml'),
    `version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections: { shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}" } }
rules:
  - { name: agents read, who: { groups: [agents] }, actions: [read], then: allow }
  - { name: writes ask, actions: [write], then: { ask: { approvers: [dba] } } }
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('policy test', () => {
  test('the cases of the example shop hold, without a gateway, a database or its credentials', async () => {
    const { code, stdout, stderr } = await countersign([
      'policy',
      'test',
      'examples/shop/countersign.test.yaml',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '12 cases, all hold\n' });
    expect(stdout.match(/^✓/gm)).toHaveLength(12);
  }, 120_000);

  test('a case that does not hold says what was expected, what came out, why, and where it stands', async () => {
    await writeFile(
      join(folder, 'countersign.test.yaml'),
      `cases:
  - name: writes are free
    as: agent:support
    connection: shop-db
    effects: [{ action: write.delete, resource: "table:public.orders" }]
    expect: { decision: allow, approvers: [] }
`,
    );
    const { code, stdout, stderr } = await here();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '1 case, 1 failed\n' });
    expect(stdout).toBe(`✗ writes are free${' '.repeat(41)} ask
    decision: expected allow, got ask
    approvers: expected none, got dba
    write.delete table:public.orders by "writes ask"
    countersign.test.yaml:2
`);
    const { failed } = JSON.parse((await here('--json')).stdout) as { failed: number };
    expect(failed).toBe(1);
  });

  test('a schema that does not run ends the tests: it is no denial that a case could expect', async () => {
    await writeFile(join(folder, 'broken.sql'), 'CREATE TABEL orders ();');
    await writeFile(
      join(folder, 'broken.yaml'),
      'schema: broken.sql\ncases:\n  - { as: agent:support, connection: shop-db, sql: SELECT 1, expect: deny }\n',
    );
    const { code, stdout, stderr } = await here('broken.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('broken.sql can’t be loaded');
  }, 120_000);
});
