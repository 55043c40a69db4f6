import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countersign } from './countersign.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-exit-'));
  await writeFile(join(folder, 'wrong.yaml'), 'version: 1\nrulez: []\nrules:\n  - nam: x\n');
  await writeFile(
    join(folder, 'target.yaml'),
    `version: 1\nconnections:\n  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}" }\n`,
  );
  await writeFile(join(folder, 'good.yaml'), 'version: 1\nserver: { data: data }\n');
});
afterAll(() => rm(folder, { recursive: true }));

const here = (...args: readonly string[]) => countersign(args, { cwd: folder });

describe('the command says what went wrong, what to do, and how it ended', () => {
  test('2: no such command, option or argument, with the nearest right one', async () => {
    expect(await here('explian')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('explain'),
    });
    expect(await here('explain')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("missing required argument 'connection'"),
    });
    expect(await here('explain', 'x', 'SELECT 1', '--as', 'root')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected agent:NAME or service:NAME.'),
    });
  });

  test('2: a policy file with mistakes, all of them, each with its place', async () => {
    const { code, stdout, stderr } = await here('token', 'list', '-c', 'wrong.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('wrong.yaml:2:1: unknown key "rulez"');
    expect(stderr).toContain('did you mean "rules"?');
    expect(stderr).toContain('wrong.yaml:4:5: ');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('2: a variable that says where the gateway is, and is not set', async () => {
    await writeFile(join(folder, 'unset.yaml'), 'version: 1\nserver: { listen: "127.0.0.1:${PORT}" }\n');
    expect(await here('token', 'list', '-c', 'unset.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the environment variable PORT is not set'),
    });
  });

  test('2: no policy file', async () => {
    expect(await here('token', 'list')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('countersign.yaml'),
    });
  });

  test('3: no gateway runs, and how to start one', async () => {
    const { code, stderr } = await here('approvals', '-c', 'good.yaml');
    expect(code).toBe(3);
    expect(stderr).toContain(join(folder, 'data'));
    expect(stderr).toContain('countersign serve');
  });

  test('3: a gateway.json that a dead gateway left behind is not a gateway that runs', async () => {
    await mkdir(join(folder, 'data'));
    const stale = { url: 'http://127.0.0.1:9', operator_token: 'cs_local_x', pid: 1 };
    await writeFile(join(folder, 'data', 'gateway.json'), JSON.stringify(stale));
    expect(await here('token', 'list', '-c', 'good.yaml')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('(unreachable)'),
    });
  });

  test('3: a target that can’t be reached, which is no answer of the policy', async () => {
    const { code, stdout } = await countersign(
      ['explain', 'shop-db', 'SELECT 1', '-c', 'target.yaml', '--as', 'agent:support', '--json'],
      { cwd: folder, env: { SHOP_DB_URL: 'postgres://nobody@127.0.0.1:9/shop' } },
    );
    expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 3,
      answer: { decision: 'deny', code: 'target_unavailable' },
    });
  }, 120_000);

  test('2: nobody is named who asks', async () => {
    const { code, stderr } = await countersign(['explain', 'x', 'SELECT 1', '--group', 'agents'], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(stderr).toContain('--as agent:NAME');
    expect(await here('explain', 'x', 'SELECT 1', '--gateway', 'http://127.0.0.1:9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nobody is named who asks'),
    });
  });

  test('2: an input with nothing in it', async () => {
    expect(await here('explain', 'x', ' ')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no INPUT; expected a SQL text'),
    });
  });

  test('2: a token without an owner, before a gateway is looked for', async () => {
    expect(await here('token', '--agent', 'support', '-c', 'good.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no owner of agent support'),
    });
  });

  test('--version and --help are data', async () => {
    expect(await here('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
    expect(await here('--help')).toMatchObject({ code: 0, stderr: '' });
  });

  test('the help of a group shows what it takes without a command: the kill switch is found in a hurry', async () => {
    expect(await here('stop', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--all'),
    });
  });
});
