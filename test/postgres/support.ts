/** A target on a real database, hand-made analyses for it, and an observer on a connection of its own. */
import type { CallId, Effect, Json, MaskPlan } from '@countersign/core';
import type { Limits } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import { Client } from 'pg';
import type { PlannedStatement } from '../../packages/gateway/src/protocols/postgres/effects.ts';
import { postgres } from '../../packages/gateway/src/protocols/postgres/index.ts';
import type {
  Analysis,
  ExecuteContext,
  Execution,
  Target,
} from '../../packages/gateway/src/protocols/protocol.ts';
import { type Runtime, systemRuntime } from '../../packages/gateway/src/runtime/runtime.ts';

export const limits: Limits = {
  rows: 1000,
  bytes: 1_000_000,
  timeoutMs: 10_000,
  rejectionMemoryMs: 0,
  waitingPerPrincipal: 20,
  waitingPerGroup: 200,
  asksPerHour: 60,
};

const seed = `
  create table customers (id int primary key, name text not null, ssn text);
  insert into customers select i, 'customer ' || i, '000-00-' || i from generate_series(1, 2000) as i;
  create table orders (id int primary key, customer int references customers deferrable initially immediate, total numeric(10,2) check (total >= 0));
  insert into orders select i, i, i * 1.5 from generate_series(1, 100) as i;
`;

/** Time goes by this many times faster for the code under test. */
export const fastRuntime = (factor: number): Runtime => ({
  ...systemRuntime,
  now: () => systemRuntime.now() * factor,
  sleep: (ms, signal) => systemRuntime.sleep(ms / factor, signal),
  timer: (ms, ring) => systemRuntime.timer(ms / factor, ring),
});

export interface Shop extends AsyncDisposable {
  readonly url: string;
  readonly observer: Client;
  /** Closed with the shop. */
  target(settings?: Readonly<Record<string, unknown>>, runtime?: Runtime): Target;
  /** Rows of a query, from outside. */
  rows(sql: string, values?: readonly unknown[]): Promise<Record<string, string>[]>;
  /** Holds a table locked against everybody, until disposed of. */
  lock(table: string): Promise<AsyncDisposable>;
  /** Sessions of the gateway on this database, from outside. */
  sessions(): Promise<{ pid: string; state: string; query: string }[]>;
}

export async function openShop(): Promise<Shop> {
  const server = await startPostgres();
  const database = await server.createDatabase({ seed });
  const observer = new Client({ connectionString: database.url, application_name: 'observer' });
  observer.on('error', () => {});
  await observer.connect();
  const { rows: version } = await observer.query<{ major: number }>(
    "select current_setting('server_version_num')::int / 10000 as major",
  );
  servedMajor = version[0]?.major ?? servedMajor;
  const targets: Target[] = [];
  const rows: Shop['rows'] = async (sql, values = []) =>
    (await observer.query<Record<string, string>>(sql, [...values])).rows;
  return {
    url: database.url,
    observer,
    rows,
    target(settings = { url: database.url }, runtime = systemRuntime) {
      const made = connect(settings, runtime);
      targets.push(made);
      return made;
    },
    async lock(table) {
      const locker = new Client({ connectionString: database.url });
      await locker.connect();
      await locker.query(`begin; lock table ${table} in access exclusive mode`);
      return { [Symbol.asyncDispose]: () => locker.end() };
    },
    async sessions() {
      const found = await rows(
        `select pid::text, state, query from pg_stat_activity
         where datname = current_database() and application_name = 'countersign'`,
      );
      return found as { pid: string; state: string; query: string }[];
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(targets.map((target) => target.close()));
      await observer.end();
      await database.drop();
      await server.stop();
    },
  };
}

export function connect(settings: Readonly<Record<string, unknown>>, runtime = systemRuntime): Target {
  const config = {
    name: 'shop-db',
    protocol: 'postgres' as const,
    labels: {},
    limits,
    throwaway: true,
    settings,
  };
  return postgres.connect(config, runtime);
}

export const reads: readonly Effect[] = [{ action: 'read', resource: 'table:public.customers' }];
export const writes: readonly Effect[] = [{ action: 'write', resource: 'table:public.orders' }];

/** The major version of the server that the last shop was opened on. */
let servedMajor = 18;

/** A hand-made analysis. By default a read that relied on nothing but the search path. */
export function analysisOf(
  statements: readonly (Pick<PlannedStatement, 'text'> & Partial<PlannedStatement>)[],
  outputs: readonly string[],
  { effects = reads, reliedOn = [] as readonly Json[], major = servedMajor } = {},
): Analysis {
  const plan = {
    major,
    statements: statements.map((statement) => ({
      readOnly: effects === reads,
      standsAlone: false,
      plannerSafe: true,
      ...statement,
    })),
    catalog: { searchPath: '["pg_catalog", "public"]', rows: reliedOn },
  };
  return {
    effects,
    lineage: {
      outputs: outputs.map((name) => ({ name, sources: [], proven: true })),
      uses: [],
      usesProven: true,
    },
    fingerprint: 'hand-made',
    reliedOn: plan as unknown as Json,
  };
}

export const openMasks: MaskPlan = { columns: [], detectors: [], showErrors: true };

export function contextOf(changes: Partial<ExecuteContext> = {}): ExecuteContext {
  return {
    call: 'call_test' as CallId,
    limits,
    masks: openMasks,
    masker: { cell: (_, text) => text, touches: () => false, message: (text) => text },
    started: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...changes,
  };
}

export interface RunOptions {
  readonly params?: readonly (string | number | boolean | null)[];
  readonly context?: Partial<ExecuteContext>;
}

/** Executes one statement as a read that returns these columns. */
export function read(
  target: Target,
  sql: string,
  outputs: readonly string[],
  { params = [], context = {} }: RunOptions = {},
): Promise<Execution> {
  const input = target.parse({ sql, params: [...params] });
  return target.execute(input, analysisOf([{ text: sql }], outputs), contextOf(context));
}

/** Executes one statement as a write that returns these columns. */
export function write(
  target: Target,
  sql: string,
  outputs: readonly string[] = [],
  { params = [], context = {} }: RunOptions = {},
): Promise<Execution> {
  const input = target.parse({ sql, params: [...params] });
  return target.execute(input, analysisOf([{ text: sql }], outputs, { effects: writes }), contextOf(context));
}
