/**
 * Which gateway a command talks to, and as whom. `serve` leaves `gateway.json` in its data folder: that is how commands
 * beside it find it. A file that a dead gateway left behind is not one that is alive.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '@countersign/client';
import { CountersignError } from '@countersign/core';
import { z } from 'zod';
import { jsonOrNull } from './json-or-null.ts';
import { type CommonOptions, defaultFile, type Host } from './options.ts';
import { personTokens } from './person-tokens.ts';
import { loadWithoutTargets } from './policy-file.ts';
import { UsageError } from './usage-error.ts';

/** `gateway.json` in the data folder. */
const gatewayFileSchema = z.object({
  url: z.string(),
  /** Null where `server.local_operator` is false. */
  operator_token: z.string().nullable(),
  pid: z.number().int(),
});

export interface Reached {
  /** As the client writes it. */
  readonly url: string;
  /** The local operator's token, where the command runs beside the gateway and may read it. */
  readonly operatorToken: string | null;
}

/**
 * Finds the gateway: `--gateway`, else the one beside the file of `-c`, else `COUNTERSIGN_URL`, else the one beside
 * `countersign.yaml`. An address that is the one of the gateway beside `countersign.yaml` leads to its operator's token, too.
 *
 * @throws {CountersignError} `unreachable` where none runs; what is wrong with the policy file.
 */
export async function reachGateway(host: Host, options: CommonOptions): Promise<Reached> {
  const fromEnvironment = host.terminal.env['COUNTERSIGN_URL'] ?? '';
  const url = options.gateway ?? (options.config === undefined ? fromEnvironment : '');
  if (url !== '') {
    const named = createClient({ url }).url;
    const beside = await aliveBeside(host, defaultFile).catch(() => null);
    return beside?.url === named ? beside : { url: named, operatorToken: null };
  }
  const file = options.config ?? defaultFile;
  return aliveBeside(host, file);
}

async function aliveBeside(host: Host, file: string): Promise<Reached> {
  const { server } = await loadWithoutTargets(host, file);
  const found = await aliveGateway(server.data, host.signal);
  if (found === null)
    throw new CountersignError('unreachable', {
      what: `none runs on ${server.data}, the data folder of ${file}`,
    });
  return found;
}

/** The gateway that runs on a data folder, or null. */
export async function aliveGateway(data: string, signal: AbortSignal): Promise<Reached | null> {
  let text: string;
  try {
    text = await readFile(join(data, 'gateway.json'), 'utf8');
  } catch {
    return null;
  }
  const parsed = gatewayFileSchema.safeParse(jsonOrNull(text));
  if (!parsed.success) return null;
  const client = createClient({ url: parsed.data.url, timeoutMs: 2000 });
  if (!(await client.isAlive({ signal }))) return null;
  return { url: client.url, operatorToken: parsed.data.operator_token };
}

/** A client for an operator: with the token given, else the local operator's, else the session that `login` began. */
export async function operatorClient(host: Host, options: CommonOptions): Promise<Client> {
  const { url, operatorToken } = await reachGateway(host, options);
  const token = options.token ?? operatorToken ?? host.terminal.env['COUNTERSIGN_TOKEN'];
  if (token !== undefined && token !== '') return createClient({ url, token });
  const kept = await personTokens(host.terminal.env, url, host.now());
  const [session, another] = kept.filter((one) => one.token.startsWith('cs_session_'));
  if (session !== undefined && another === undefined) return createClient({ url, token: session.token });
  throw new CountersignError('unauthenticated', {
    what: `no operator token for ${url}`,
    expected:
      'one in COUNTERSIGN_TOKEN, -c FILE where its gateway’s data folder can be read, or `countersign login`',
  });
}

/** A client with a person's token: the one given, else the one that `countersign token --person` kept. */
export async function personClient(
  host: Host,
  options: CommonOptions & { readonly person?: string },
): Promise<Client> {
  const { url } = await reachGateway(host, options);
  const { env } = host.terminal;
  const given = options.token ?? (options.person === undefined ? env['COUNTERSIGN_TOKEN'] : undefined) ?? '';
  if (given !== '') return createClient({ url, token: given });
  const kept = await personTokens(env, url, host.now());
  const wanted = options.person === undefined ? kept : kept.filter(({ person }) => person === options.person);
  const [only, another] = wanted;
  if (only === undefined)
    throw new CountersignError('unauthenticated', {
      what: `no token of ${options.person ?? 'a person'} is kept for ${url}`,
      expected: 'countersign token --person NAME first',
    });
  if (another !== undefined)
    throw new UsageError(
      `tokens of ${wanted.map(({ person }) => person).join(', ')} are kept for ${url}`,
      'one of them: --person NAME',
    );
  return createClient({ url, token: only.token });
}

/** A client with the token of an agent or a service. */
export async function callerClient(host: Host, options: CommonOptions): Promise<Client> {
  const token = options.token ?? host.terminal.env['COUNTERSIGN_TOKEN'] ?? '';
  if (token === '')
    throw new UsageError(
      'nobody is named who asks',
      '--as agent:NAME --group GROUP, which needs no gateway, or an agent’s token in COUNTERSIGN_TOKEN',
    );
  const { url } = await reachGateway(host, options);
  return createClient({ url, token });
}
