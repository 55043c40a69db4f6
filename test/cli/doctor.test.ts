/** `countersign doctor` on real files, real stores and real logins. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@countersign/core';
import { inspectTarget, startGateway, systemRuntime } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { type PostgresServer, startPostgres, type TestDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { inProcess } from './in-process.ts';

const tag = randomBytes(4).toString('hex');
const roles = ['wall', 'read', 'write'].map((login) => `doctor_${login}_${tag}`);
const [wall = '', read = '', write = ''] = roles;
const password = `pw_${tag}`;

let server: PostgresServer;
let database: TestDatabase;
let admin: Client;
let folder: string;

const urlOf = (role: string, secret = password): string => {
  const url = new URL(database.url);
  url.username = role;
  url.password = secret;
  return url.href;
};

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase({
    seed: `create table customers (id int primary key, name text, ssn text);
           create table orders (id int primary key, total int);`,
  });
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  for (const role of roles) await admin.query(`create role ${role} login password '${password}'`);
  await admin.query(`grant select (id, name) on customers to ${wall}`);
  await admin.query(`grant select on customers, orders to ${read}, ${write}`);
  await admin.query(`grant update on orders to ${write}`);
  folder = await mkdtemp(join(tmpdir(), 'countersign-doctor-'));
});
afterAll(async () => {
  for (const role of roles) await admin.query(`drop owned by ${role}`);
  for (const role of roles) await admin.query(`drop role ${role}`);
  await admin.end();
  await server.stop();
  await rm(folder, { recursive: true });
});

const weak = 'logins: { wall: "${WALL}", read: "${READ}", write: "${WRITE}" }';
const single = 'url: "${WRITE}"';
const policy = (settings: string, more = '', data = 'data') => `version: 1
server: { listen: "127.0.0.1:0", data: ${data}${more} }
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
connections:
  shop-db: { protocol: postgres, ${settings} }
rules:
  - { name: reads, actions: [read], then: allow }
  - { name: writes, actions: [write], then: { ask: { approvers: [dba] } } }
masks:
  - { columns: [public.customers.ssn], with: redact }
`;

/** Runs `doctor` on a policy; no output may hold the password. */
async function doctor(text: string, env: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
  await writeFile(join(folder, 'countersign.yaml'), text);
  const urls = { WALL: urlOf(wall), READ: urlOf(read), WRITE: urlOf(write) };
  const ended = await inProcess(['doctor', ...args], { cwd: folder, env: { ...urls, ...env } });
  expect(ended.stdout + ended.stderr).not.toMatch(new RegExp(`${password}|postgres(?:ql)?://`));
  return ended;
}

/** The connection of a policy with one login. */
function shopAt(url: string) {
  const options = { file: 'countersign.yaml', directory: folder, env: { WRITE: url } };
  const config = parsePolicyFile(policy(single), options).connections.get('shop-db');
  if (config === undefined) throw new Error('no such connection');
  return config;
}

interface Told {
  readonly verdict: string;
  readonly sections: readonly { readonly about: string; readonly findings: readonly Finding[] }[];
}

/** All findings but those that are fine, as `about verdict name: what`. */
async function complaints(text: string, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await doctor(text, env, '--json');
  expect(stderr).toBe('');
  const told = JSON.parse(stdout) as Told;
  return {
    code,
    verdict: told.verdict,
    said: told.sections.flatMap(({ about, findings }) =>
      findings
        .filter(({ verdict }) => verdict !== 'ok')
        .map(({ name, verdict, what }) => `${about} ${verdict} ${name}: ${what}`),
    ),
  };
}

test('where all is well it says so in lines that fit, and ends with 0', async () => {
  const { code, stdout, stderr } = await doctor(policy(weak));
  // A long name breaks the line elsewhere.
  const shown = stdout
    .replace(/\n {13,15}(?=[^ →])/g, ' ')
    .replaceAll(folder, 'FOLDER')
    .replaceAll(tag, 'TAG')
    .replace(/countersign \d+\.\d+\.\d+/, 'countersign N')
    .replace(/Node \S+/, 'Node N')
    .replace(/PostgreSQL \d\S*/, 'PostgreSQL N');
  expect(code).toBe(0);
  expect(stderr).toBe('no problems, no warnings, 20 ok\n');
  expect(shown).toMatchSnapshot();
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(await readdir(folder)).toEqual(['countersign.yaml']);
});

describe('a login that is too strong', () => {
  test('a superuser for everything', async () => {
    expect(await complaints(policy(single), { WRITE: database.url })).toEqual({
      code: 1,
      verdict: 'problem',
      said: [
        expect.stringMatching(
          /^connection shop-db problem login\.strength: the login \(\w+\) is a superuser: nothing at the server holds it back$/,
        ),
        'connection shop-db warning login.wall: no wall login: the database keeps reads from writing, not from reading protected columns',
      ],
    });
  });

  test('one that owns, creates and writes where it only has to read', async () => {
    await admin.query(`alter role ${read} createdb createrole`);
    await admin.query(`grant update on orders to ${read}`);
    await admin.query(`alter table customers owner to ${write}`);
    try {
      const { code, said } = await complaints(policy(weak));
      expect(code).toBe(0);
      expect(said).toEqual([
        `connection shop-db warning login.strength: logins.write (${write}) owns a table (an owner can change, drop and disclose)`,
        `connection shop-db warning login.strength: logins.read (${read}) may create roles, may create databases, and may write to a table, though it is for reads`,
      ]);
    } finally {
      await admin.query(`alter table customers owner to current_user`);
      await admin.query(`revoke update on orders from ${read}`);
      await admin.query(`grant select on customers to ${write}`);
      await admin.query(`alter role ${read} nocreatedb nocreaterole`);
    }
  });

  test('a wall that reads what masks hide', async () => {
    await admin.query(`grant select (ssn) on customers to ${wall}`);
    try {
      expect((await complaints(policy(weak))).said).toEqual([
        'policy warning login.wall: shop-db: the wall login can read public.customers.ssn, which masks hide',
        'connection shop-db problem wall.tried: logins.wall could read public.customers.ssn, which masks hide',
      ]);
    } finally {
      await admin.query(`revoke select (ssn) on customers from ${wall}`);
    }
  });

  test('a wall that reaches files of the server, by another path', async () => {
    await admin.query(`grant pg_read_server_files to ${wall}`);
    await admin.query(`alter role ${wall} set search_path = information_schema`);
    try {
      expect(await complaints(policy(weak))).toMatchObject({
        code: 1,
        said: [
          `connection shop-db problem login.strength: logins.wall (${wall}) may reach files or programs of the server (pg_read_server_files)`,
          'connection shop-db problem login.search_path: logins.wall has another search path than logins.write: calls on this connection are refused',
        ],
      });
    } finally {
      await admin.query(`alter role ${wall} reset search_path`);
      await admin.query(`revoke pg_read_server_files from ${wall}`);
    }
  });

  test('two logins that are one role', async () => {
    expect((await complaints(policy(weak), { READ: `${urlOf(write)}?application_name=x` })).said).toEqual([
      `connection shop-db warning login.strength: logins.read (${write}) may write to a table, though it is for reads`,
      `connection shop-db warning login.separate: logins.write and logins.read are the same role (${write})`,
    ]);
  });
});

describe('a target that can’t be reached', () => {
  test('because nothing listens there, the password is wrong, or the database is not there', async () => {
    const other = new URL(urlOf(read));
    other.pathname = '/nowhere';
    const env = {
      WALL: `postgres://x:${password}@127.0.0.1:9/x`,
      READ: other.href,
      WRITE: urlOf(write, `${password}-wrong`),
    };
    expect(await complaints(policy(weak), env)).toEqual({
      code: 1,
      verdict: 'problem',
      said: [
        'connection shop-db problem target.reachable: logins.write: the server refuses the password',
        'connection shop-db problem target.reachable: logins.read: the server has no such database',
        'connection shop-db problem target.reachable: logins.wall: nothing listens there',
      ],
    });
  });

  test('because it takes the connection and never answers: it is not waited for longer than five seconds', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const config = shopAt(`postgres://x:${password}@127.0.0.1:${port}/x`);
    const waits: number[] = [];
    const runtime = {
      ...systemRuntime,
      sleep: (ms: number, signal?: AbortSignal) => {
        waits.push(ms);
        return systemRuntime.sleep(ms / 50, signal);
      },
      timer: (ms: number, ring: () => void) => {
        waits.push(ms);
        return systemRuntime.timer(ms / 50, ring);
      },
    };
    const { findings } = await inspectTarget(config, new AbortController().signal, runtime);
    expect(findings).toMatchObject([{ what: 'the login: no answer within five seconds' }]);
    expect(Math.max(...waits)).toBe(5000);
    silent.close();
  });

  test('because the kubeconfig of a cluster is not there', async () => {
    const text = policy(weak).replace(
      'rules:',
      '  cluster: { protocol: kubernetes, kubeconfig: nowhere }\nrules:',
    );
    const { code, said } = await complaints(text);
    expect(code).toBe(1);
    expect(said).toContainEqual(
      expect.stringMatching(/^connection cluster problem target.settings: .*\/nowhere can’t be read$/),
    );
  });
});

test('a target whose clock is another one', async () => {
  const runtime = { ...systemRuntime, now: () => systemRuntime.now() - 60_000 };
  const { findings } = await inspectTarget(shopAt(urlOf(write)), new AbortController().signal, runtime);
  expect(findings).toContainEqual({
    name: 'clock',
    verdict: 'warning',
    what: 'the clock of shop-db is 60 seconds ahead of this machine’s',
    advice: expect.any(String),
  });
});

test('a role whose own timeout leaves no time for a call', async () => {
  await admin.query(`alter role ${write} set statement_timeout = 900`);
  try {
    expect((await complaints(policy(weak))).said).toEqual([
      'connection shop-db warning login.timeouts: logins.write has a statement_timeout of 900 ms, too short for what the gateway does around a call',
    ]);
  } finally {
    await admin.query(`alter role ${write} reset statement_timeout`);
  }
});

describe('a policy file', () => {
  test('that can’t be loaded: all that is wrong, with its place, and 2', async () => {
    const { code, said } = await complaints('version: 1\nrulez: []\nrules:\n  - nam: x\n');
    expect(code).toBe(2);
    expect(said).toEqual([
      expect.stringContaining('policy problem policy.file: countersign.yaml:2:1: unknown key "rulez"'),
      expect.stringContaining('policy problem policy.file: countersign.yaml:4:5: '),
      expect.stringContaining('policy problem policy.file: countersign.yaml:4:5: '),
    ]);
    const missing = await inProcess(['doctor', '-c', 'none.yaml'], { cwd: folder });
    expect(missing).toMatchObject({ code: 2, stdout: expect.stringContaining('cannot read') });
  });

  test('whose variable is not set is still looked at, without that connection', async () => {
    expect(await complaints(policy(single), { WRITE: '' })).toEqual({
      code: 1,
      verdict: 'problem',
      said: [
        'policy problem policy.variable: countersign.yaml:6:39: the environment variable WRITE is not set; expected WRITE in the environment',
        'connection shop-db problem target.variable: a variable that its settings name is not set, so it can’t be looked at',
      ],
    });
  });

  test('that does not mean what it says', async () => {
    const text = `${policy(weak)}  - { columns: [public.customers.ssnn], with: redact }\n`
      .replace('actions: [read], then', 'actions: [read], resources: ["table:public.*", "http:/v1/**"], then')
      .replace('approvers: [dba]', 'approvers: [dbas]');
    expect(await complaints(text)).toEqual({
      code: 1,
      verdict: 'problem',
      said: [
        'policy warning policy.warning: countersign.yaml:9:65: nobody under people is in the group dbas',
        'policy problem ask.approvers: rule "writes" asks for 1 vote of dbas, where nobody can vote: what it asks for always expires',
        'policy warning mask.columns: mask "masks[1]" hides nothing by public.customers.ssnn: no column there is called that',
      ],
    });
  });
});

describe('the store and the gateway', () => {
  test('an embedded store that a gateway holds is not opened: the gateway is asked', async () => {
    const text = policy(weak, '', 'live');
    const env = { WALL: urlOf(wall), READ: urlOf(read), WRITE: urlOf(write) };
    const parse = () => parsePolicyFile(text, { file: 'countersign.yaml', directory: folder, env });
    const gateway = await startGateway({ file: parse(), logLevel: 'silent' });
    const note = join(folder, 'live', 'gateway.json');
    try {
      const { code, stdout } = await doctor(text);
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`one runs at ${gateway.url}/`),
      });
      expect(stdout).toContain('it is ready: its store answers');
      expect(stdout).toContain('in use by the gateway that runs');
      expect(stdout).not.toContain(gateway.operatorToken ?? 'none');
      await chmod(note, 0o644);
      await chmod(join(folder, 'live', 'keys'), 0o644);
      await chmod(join(folder, 'live'), 0o755);
      expect(await complaints(text)).toMatchObject({
        code: 1,
        said: [
          `gateway problem gateway.file: other users of this machine may use the operator’s token in ${note} (mode 0644)`,
          `store problem store.folder: other users of this machine may use the data folder ${join(folder, 'live')} (mode 0755)`,
          `store problem keys.file: other users of this machine may use the keys file ${join(folder, 'live', 'keys')} (mode 0644)`,
        ],
      });
      expect((await stat(note)).mode & 0o777).toBe(0o644);
      await chmod(join(folder, 'live'), 0o700);
      await chmod(join(folder, 'live', 'keys'), 0o600);
    } finally {
      await gateway.close();
    }
    await rm(join(folder, 'live', 'keys'));
    expect((await complaints(text)).said).toEqual([
      expect.stringContaining('store problem keys.file: there is a store, but not the keys'),
    ]);
  }, 60_000);

  test('a PostgreSQL store: its schema, its durability, and that it is not there', async () => {
    const store = await server.createDatabase();
    const text = policy(weak, ', store: "${STORE}"');
    const url = new URL(store.url);
    url.searchParams.set('options', '-c synchronous_commit=off');
    const { stdout } = await doctor(text, { STORE: store.url });
    expect(stdout).toContain('it is empty; the first start sets it up');
    expect((await complaints(text, { STORE: url.href })).said).toContain(
      'store problem store.durability: synchronous_commit is off: the store says that it kept what a crash can still take away',
    );
    const observer = new Client({ connectionString: store.url });
    await observer.connect();
    const { rows } = await observer.query("select from pg_class where relname = 'migrations'");
    expect(rows).toEqual([]);
    await observer.query('create table migrations (number int); insert into migrations values (1), (9999)');
    await observer.end();
    expect((await complaints(text, { STORE: store.url })).said).toContainEqual(
      expect.stringMatching(
        /^store problem store\.schema: its schema \(9999\) was written by a newer version/,
      ),
    );
    expect(await complaints(text, { STORE: 'postgres://x@127.0.0.1:9/x' })).toMatchObject({
      code: 1,
      said: ['store problem store.reachable: the PostgreSQL store: nothing listens there'],
    });
  });
});
