/**
 * The tokens of people, kept on their own machine: one file under `${XDG_CONFIG_HOME:-~/.config}/countersign`, by
 * gateway URL and name. Mode 0600, in a folder of mode 0700, and never in a gateway's data folder.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CountersignError } from '@countersign/core';
import { z } from 'zod';
import { jsonOrNull } from './json-or-null.ts';
import type { Terminal } from './terminal/terminal.ts';

const entrySchema = z.strictObject({ person: z.string(), token: z.string(), expires_at: z.iso.datetime() });
/** `gateways` holds pairs rather than an object: a URL is a name from outside. */
const fileSchema = z.strictObject({
  version: z.literal(1),
  gateways: z.array(z.tuple([z.string(), z.array(entrySchema)])),
});
export type PersonToken = z.infer<typeof entrySchema>;

export function personTokensPath(env: Terminal['env']): string {
  const home = env['XDG_CONFIG_HOME'] ?? '';
  return join(home === '' ? join(env['HOME'] ?? homedir(), '.config') : home, 'countersign', 'tokens.json');
}

/** The tokens kept for a gateway, expired ones left out. */
export async function personTokens(
  env: Terminal['env'],
  gateway: string,
  now: Date,
): Promise<readonly PersonToken[]> {
  const kept = (await load(personTokensPath(env))).get(gateway) ?? [];
  return kept.filter(({ expires_at }) => Date.parse(expires_at) > now.getTime());
}

/** Keeps a person's token for a gateway in the place of the one before, and returns the file's path. */
export async function keepPersonToken(
  env: Terminal['env'],
  gateway: string,
  token: PersonToken,
): Promise<string> {
  const path = personTokensPath(env);
  const gateways = await load(path);
  const others = (gateways.get(gateway) ?? []).filter(({ person }) => person !== token.person);
  gateways.set(gateway, [...others, token]);
  await replace(path, `${JSON.stringify({ version: 1, gateways: [...gateways] }, null, 2)}\n`);
  return path;
}

async function load(path: string): Promise<Map<string, readonly PersonToken[]>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new CountersignError('config_invalid', { what: `cannot read ${path}` }, { cause: thrown });
  }
  const parsed = fileSchema.safeParse(jsonOrNull(text));
  if (!parsed.success)
    throw new CountersignError('config_invalid', {
      what: `${path} holds no tokens`,
      expected: 'the file that `countersign token --person NAME` writes; remove it to start afresh',
    });
  return new Map(parsed.data.gateways);
}

/** Written beside and moved into place: a reader sees the old file or the new one, never half of it. */
async function replace(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const beside = `${path}.${randomUUID()}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}
