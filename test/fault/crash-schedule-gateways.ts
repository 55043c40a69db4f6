/**
 * The gateways of a crash schedule, on each kind of store: one in a process of its own that dies at its moment, and one
 * that takes over. On the embedded store that one is started then, on the same folder; on PostgreSQL it has been there
 * all along.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client as ApiClient, createClient } from '@countersign/client';
import type { MintInput } from '@countersign/core';
import { type CrashPoint, type Gateway, startGateway } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { Client } from 'pg';
import { rules } from '../gateway/harness.ts';
import { fast } from '../store/support.ts';

/** Who takes a road: they speak to the gateway that is alive. */
export interface Crew {
  readonly agent: () => ApiClient;
  readonly dana: () => ApiClient;
  readonly operator: () => ApiClient;
  /** Mints a token for one more principal, whoever is alive. */
  mint(request: MintInput): Promise<() => ApiClient>;
  /** Takes a step, and takes it again at the gateway that takes over where the first one died on it. */
  readonly surviving: <T>(step: () => Promise<T>) => Promise<T>;
  /** How many gateways have died. */
  deaths(): number;
  /** The whole ledger, as the gateway that is alive tells it, and the key it is signed with. */
  ledger(): Promise<{ readonly lines: readonly string[]; readonly publicKey: string }>;
  /** Ends whoever is still alive of those that were to die. */
  dismiss(): Promise<void>;
}

/** A store with a gateway that dies at each of the moments, one after the other. */
export interface Stage {
  crew(...moments: readonly CrashPoint[]): Promise<Crew>;
  close(): Promise<void>;
}

/** A gateway that can be spoken to. */
export interface Living {
  readonly url: string;
  readonly operatorToken: string;
}

export interface Doomed extends Living {
  readonly child: ChildProcess;
}

interface Tokens {
  readonly agent: string;
  readonly dana: string;
}

const script = fileURLToPath(new URL('./gateway-that-crashes.ts', import.meta.url));
/** An embedded store begins as those of the tests' own process do. */
const keptPglite = new URL('../support/kept-pglite.ts', import.meta.url).href;
const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Ends it, where it has not ended itself. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (gone(child)) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/**
 * A gateway that dies at its moment, on the countersign.yaml of a folder. Null where it dies before it can be spoken to,
 * as one does that is to die while it recovers.
 */
export async function startDoomed(
  folder: string,
  moment: CrashPoint,
  env: Readonly<Record<string, string>>,
): Promise<Doomed | null> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@countersign/source',
      '--disable-warning=ExperimentalWarning',
      // WebAssembly is compiled once and simply: it does not live long enough for more to pay.
      '--liftoff-only',
      '--import',
      keptPglite,
      script,
      folder,
      moment,
    ],
    { env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const note = join(folder, 'data', 'gateway.json');
  for (let tries = 0; tries < 1200; tries++) {
    const text = existsSync(note) ? readFileSync(note, 'utf8') : '';
    if (text.endsWith('\n')) {
      const said = JSON.parse(text) as { url: string; operator_token: string; pid: number };
      if (said.pid === child.pid) return { child, url: said.url, operatorToken: said.operator_token };
    }
    if (child.signalCode === 'SIGKILL') return null;
    if (gone(child)) throw new Error(`the gateway ended: ${words}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await endOf(child);
  throw new Error(`the gateway did not start: ${words}`);
}

function startSurvivor(folder: string, env: Readonly<Record<string, string>>): Promise<Gateway> {
  const text = readFileSync(join(folder, 'countersign.yaml'), 'utf8');
  const keys = env['COUNTERSIGN_KEYS'];
  return startGateway({
    file: parsePolicyFile(text, { file: 'countersign.yaml', env, directory: folder }),
    listen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    runtime: fast(10),
    ...(keys === undefined ? {} : { keys }),
  });
}

const livingOf = ({ url, operatorToken }: Gateway): Living => ({ url, operatorToken: operatorToken ?? '' });

async function mintTokens(gateway: Gateway): Promise<Tokens> {
  const operator = createClient({ url: gateway.url, token: gateway.operatorToken ?? '' });
  const agent = await operator.mintToken({
    class: 'agent',
    name: 'teller',
    groups: ['agents'],
    owner: 'olivia',
  });
  const dana = await operator.mintToken({ class: 'person', name: 'dana' });
  return { agent: agent.token, dana: dana.token };
}

interface Parts {
  readonly tokens: Tokens;
  readonly publicKeyFile: string;
  /** Starts the next one that is to die. */
  readonly doom: (moment: CrashPoint) => Promise<Doomed | null>;
  /** Who takes over when the last of them has died. */
  readonly takeOver: () => Promise<Living>;
  readonly dismissed: () => Promise<void>;
}

async function crewOf(parts: Parts, moments: readonly CrashPoint[]): Promise<Crew> {
  const { tokens } = parts;
  const left = [...moments];
  let deaths = 0;
  let doomed: Doomed | null = null;
  let living: Living = { url: '', operatorToken: '' };
  const next = async (): Promise<void> => {
    for (let moment = left.shift(); moment !== undefined; moment = left.shift()) {
      doomed = await parts.doom(moment);
      if (doomed !== null) {
        living = doomed;
        return;
      }
      deaths++;
    }
    doomed = null;
    living = await parts.takeOver();
  };
  await next();
  const speaker = (token: string) => () => createClient({ url: living.url, token });
  const operator = () => createClient({ url: living.url, token: living.operatorToken });
  const surviving = async <T>(step: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await step();
      } catch (thrown) {
        if (doomed === null || (thrown as { code?: string }).code !== 'unreachable') throw thrown;
        await endOf(doomed.child);
        deaths++;
        await next();
      }
    }
  };
  return {
    agent: speaker(tokens.agent),
    dana: speaker(tokens.dana),
    operator,
    mint: async (request) => speaker((await surviving(() => operator().mintToken(request))).token),
    surviving,
    deaths: () => deaths,
    ledger: async () => {
      const lines = await surviving(() => operator().events({ limit: 10_000 }));
      const publicKey = readFileSync(parts.publicKeyFile, 'utf8');
      return { lines: lines.map((line) => JSON.stringify(line)), publicKey };
    },
    dismiss: async () => {
      if (doomed !== null) await endOf(doomed.child);
      await parts.dismissed();
    },
  };
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'countersign-crash-'));
const drop = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** Each crew has a folder of its own: a copy of one that was made once, with tokens in it. */
export async function embeddedStage(target: string): Promise<Stage> {
  const template = newFolder();
  const env = { BANK_URL: target };
  writeFileSync(join(template, 'countersign.yaml'), `${rules}\nserver: { data: data }\n`);
  const first = await startSurvivor(template, env);
  const tokens = await mintTokens(first);
  await first.close();
  return {
    crew: async (...moments) => {
      const folder = newFolder();
      cpSync(template, folder, { recursive: true });
      let survivor: Gateway | null = null;
      const parts: Parts = {
        tokens,
        publicKeyFile: join(folder, 'data', 'keys.pub'),
        doom: (moment) => startDoomed(folder, moment, env),
        takeOver: async () => livingOf((survivor = await startSurvivor(folder, env))),
        dismissed: async () => {
          await survivor?.close();
          drop(folder);
        },
      };
      return crewOf(parts, moments);
    },
    close: async () => drop(template),
  };
}

/** All crews share one store, and the gateway that takes over. */
export async function postgresStage(target: string, store: string): Promise<Stage> {
  const home = newFolder();
  const env = {
    BANK_URL: target,
    STORE_URL: store,
    COUNTERSIGN_KEYS: join(home, 'keys'),
  };
  const folderOf = (): string => {
    const folder = mkdtempSync(join(home, 'gateway-'));
    writeFileSync(
      join(folder, 'countersign.yaml'),
      `${rules}\nserver: { data: data, store: "\${STORE_URL}" }\n`,
    );
    return folder;
  };
  const survivor = await startSurvivor(folderOf(), env);
  const tokens = await mintTokens(survivor);
  const inStore = new Client({ connectionString: store });
  await inStore.connect();
  // As if the half minute had passed after which a gateway that gives no sign of life counts as dead.
  const age = () =>
    inStore.query(
      `update calls set heartbeat_at = heartbeat_at - interval '31 seconds', created_at = created_at - interval '31 seconds'
       where state in ('claimed', 'submitted')`,
    );
  return {
    crew: (...moments) =>
      crewOf(
        {
          tokens,
          publicKeyFile: `${env.COUNTERSIGN_KEYS}.pub`,
          doom: (moment) => startDoomed(folderOf(), moment, env),
          takeOver: async () => {
            await age();
            return livingOf(survivor);
          },
          dismissed: async () => undefined,
        },
        moments,
      ),
    close: async () => {
      await inStore.end();
      await survivor.close();
      drop(home);
    },
  };
}
