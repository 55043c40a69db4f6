/** Two databases that differ in nothing but protected values, behind one gateway, and the same asked directly. */
import type { Principal } from '@countersign/core';
import { type Engine, openEngine, type RunAnswer } from '@countersign/gateway';
import { type LoadedFile, parsePolicyFile } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import { Client } from 'pg';
import type { Heard } from './canary.ts';
import { askDirectly } from './raw.ts';
import { canaries, contentOf, others, protectedColumns, seedOf } from './vault.ts';

/**
 * `canary` and `other` hold other protected values and forbid to use them (`filter: deny`); `open` is the first of them
 * again, with everything allowed that policy can allow: `filter: allow`, and a rule for every action but secret ones.
 */
export type Behind = 'canary' | 'other' | 'open';

const policy = `
version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections:
  canary: { protocol: postgres, url: "\${CANARY_URL}", throwaway: true, labels: { road: strict } }
  other: { protocol: postgres, url: "\${OTHER_URL}", throwaway: true, labels: { road: strict } }
  open: { protocol: postgres, url: "\${CANARY_URL}", throwaway: true, labels: { road: open } }
rules:
  - { name: most, actions: [read, write, execute], then: allow }
  - { name: all, connections: { names: [open] }, actions: [schema, admin], then: allow }
masks:
  - { columns: [${protectedColumns.join(', ')}], with: redact, connections: { labels: { road: strict } } }
  - { columns: [${protectedColumns.join(', ')}], with: redact, filter: allow, connections: { labels: { road: open } } }
limits: { rows: 1000, bytes: 1MB, timeout: 10s }
`;

export const agent: Principal = {
  class: 'agent',
  id: 'agent:curious',
  name: 'curious',
  groups: ['agents'],
  account: null,
  owner: 'dana',
  onBehalfOf: null,
};

/** The two databases, and the policy that stands before them. */
export interface Databases extends AsyncDisposable {
  readonly file: LoadedFile;
  readonly urls: Readonly<Record<'canary' | 'other', string>>;
}

/** A statement that changes rows at most, and no schema. */
const changesRows = /^\s*(?:insert|update|delete|merge|table|with|select(?!.*\binto\b))/i;

export interface Road extends AsyncDisposable {
  readonly engine: Engine;
  /** The policy and the connections that the engine was opened on. */
  readonly file: LoadedFile;
  /** PostgreSQL's own answers on one of the databases, in a transaction that is rolled back. */
  directly(
    on: 'canary' | 'other',
    statements: readonly string[],
    params?: readonly unknown[],
  ): Promise<Heard>;
  /** The gateway's answers, one a statement. */
  guarded(
    on: Behind,
    statements: readonly string[],
    params?: readonly string[],
  ): Promise<readonly RunAnswer[]>;
  /** Puts what these statements may have changed back as it was seeded. */
  reseed(statements: readonly string[]): Promise<void>;
}

const seeds = { canary: seedOf(canaries), other: seedOf(others) };

export async function openDatabases(): Promise<Databases> {
  const server = await startPostgres();
  const canary = await server.createDatabase({ seed: seeds.canary });
  const other = await server.createDatabase({ seed: seeds.other });
  const file = parsePolicyFile(policy, {
    file: 'countersign.yaml',
    env: { CANARY_URL: canary.url, OTHER_URL: other.url },
    directory: '/nonexistent',
  });
  return {
    file,
    urls: { canary: canary.url, other: other.url },
    [Symbol.asyncDispose]: async () => await server.stop(),
  };
}

export async function openRoad(): Promise<Road> {
  const databases = await openDatabases();
  const { file, urls } = databases;
  const observers = {
    canary: new Client({ connectionString: urls.canary }),
    other: new Client({ connectionString: urls.other }),
  };
  await Promise.all(Object.values(observers).map((client) => client.connect()));
  const engine = await openEngine({ file, store: 'memory' });
  const signal = new AbortController().signal;
  const busy: Record<keyof typeof observers, Promise<unknown>> = {
    canary: Promise.resolve(),
    other: Promise.resolve(),
  };
  return {
    engine,
    file,
    directly(on, statements, params) {
      const mine = busy[on].then(() => rolledBack(observers[on], statements, params));
      busy[on] = mine;
      return mine;
    },
    async guarded(on, statements, params = []) {
      const answers: RunAnswer[] = [];
      for (const sql of statements) {
        const input = params.length === 0 ? { sql } : { sql, params: [...params] };
        answers.push(await engine.run(agent, { connection: on, input }, signal));
      }
      return answers;
    },
    async reseed(statements) {
      const isContent = statements.every((sql) => changesRows.test(sql));
      if (isContent) {
        await Promise.all([
          observers.canary.query(contentOf(canaries)),
          observers.other.query(contentOf(others)),
        ]);
        return;
      }
      const clean = 'drop schema public cascade; create schema public;';
      await Promise.all([
        observers.canary.query(clean + seeds.canary),
        observers.other.query(clean + seeds.other),
      ]);
      // The first call finds out that the schema is another one.
      for (const on of ['canary', 'other', 'open'] as const)
        await engine.run(agent, { connection: on, input: { sql: 'select * from people' } }, signal);
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await Promise.all(Object.values(observers).map((client) => client.end()));
      await databases[Symbol.asyncDispose]();
    },
  };
}

async function rolledBack(
  client: Client,
  statements: readonly string[],
  params: readonly unknown[] | undefined,
): Promise<Heard> {
  const heard: Heard[] = [];
  await client.query("begin; set local statement_timeout = '5s'");
  for (const sql of statements) {
    heard.push(await askDirectly(client, sql, params));
    if (client.getTransactionStatus() !== 'T') break;
  }
  await client.query('rollback; deallocate all');
  return together(heard);
}

const together = (heard: readonly Heard[]): Heard => ({
  columns: heard.flatMap(({ columns }) => columns),
  rows: heard.flatMap(({ rows }) => rows),
  words: heard.flatMap(({ words }) => words),
});

/** All that an agent gets to know of an answer. */
export function heardOf(answers: readonly RunAnswer[]): Heard {
  return together(
    answers.map(({ result, error, reason }) => ({
      columns: result !== null && 'columns' in result ? result.columns : [],
      rows: result !== null && 'rows' in result ? result.rows : [],
      words: [
        reason,
        error?.message ?? '',
        `${result !== null && 'affected' in result ? result.affected : ''}`,
      ],
    })),
  );
}

/** How an evasion ended, in a word: denied with its code, failed, or masked. */
export function endOf(answers: readonly RunAnswer[]): string {
  const ends = answers.map(({ decision, code, outcome, error }) =>
    decision === 'allow'
      ? outcome === 'succeeded'
        ? 'masked'
        : `failed: ${error?.code}`
      : `${decision}: ${code}`,
  );
  return ends.find((end) => end !== 'masked') ?? 'masked';
}
