import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keepPersonToken, personTokens, personTokensPath } from './person-tokens.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const tokenOf = (person: string, expires_at = '2026-12-20T12:00:00.000Z') => ({
  person,
  token: `cs_person_${person}`,
  expires_at,
});
const gateway = 'http://127.0.0.1:7400';
let home: string;
let env: { XDG_CONFIG_HOME: string };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-config-'));
  env = { XDG_CONFIG_HOME: home };
});
afterEach(() => rm(home, { recursive: true }));

describe('the tokens of people', () => {
  test('are readable by their owner only', async () => {
    const path = await keepPersonToken(env, gateway, tokenOf('dana'));
    expect(path).toBe(join(home, 'countersign', 'tokens.json'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    expect(await readdir(dirname(path))).toEqual(['tokens.json']);
  });

  test('are kept by gateway and person; a new one takes the place of the old', async () => {
    await keepPersonToken(env, gateway, tokenOf('dana'));
    await keepPersonToken(env, gateway, tokenOf('sam'));
    await keepPersonToken(env, 'https://gateway.internal', tokenOf('sam'));
    await keepPersonToken(env, gateway, { ...tokenOf('dana'), token: 'newer' });
    const kept = await personTokens(env, gateway, now);
    expect(kept.map(({ person, token }) => [person, token])).toEqual([
      ['sam', 'cs_person_sam'],
      ['dana', 'newer'],
    ]);
    expect(await personTokens(env, 'http://127.0.0.1:7401', now)).toEqual([]);
  });

  test('are left out once they have expired', async () => {
    await keepPersonToken(env, gateway, tokenOf('dana', '2026-11-20T12:00:00.000Z'));
    expect(await personTokens(env, gateway, now)).toEqual([]);
  });

  test('never 51: prototype names are names like any other', async () => {
    await keepPersonToken(env, '__proto__', tokenOf('constructor'));
    expect((await personTokens(env, '__proto__', now))[0]?.person).toBe('constructor');
    expect(await personTokens(env, 'constructor', now)).toEqual([]);
  });

  test('a damaged file is named, and not overwritten', async () => {
    const path = await keepPersonToken(env, gateway, tokenOf('dana'));
    await writeFile(path, '{"version":1,');
    await expect(keepPersonToken(env, gateway, tokenOf('sam'))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`${path} holds no tokens`),
    });
  });

  test('live under ~/.config where XDG_CONFIG_HOME is not set', () => {
    expect(personTokensPath({ HOME: '/home/dana' })).toBe('/home/dana/.config/countersign/tokens.json');
  });
});
