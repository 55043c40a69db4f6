/** A gateway that tries writes, in front of a shop whose tables have what makes effects hard to see. */
import type { Client as ApiClient } from '@countersign/client';
import type { ApprovalView, CallView, ExecuteView } from '@countersign/core';
import type { Client } from 'pg';
import { execute, type Harness, startHarness, vote } from '../gateway/harness.ts';

/** Connections to one database, each with a rule of its own; `more` is masks. */
export const policy = (more = '') => `version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba], accounts: ["local:sam"] }
  olivia: { groups: [dba], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}", preview: trial, trial_timeout: 2s, undone_by_rollback: [${undone}] }
  counted: { protocol: postgres, url: "\${BANK_URL}", preview: trial, trial_timeout: 2s, undone_by_rollback: [${undone}] }
  ruled: { protocol: postgres, url: "\${BANK_URL}", preview: trial, trial_timeout: 2s }
  untried: { protocol: postgres, url: "\${BANK_URL}" }
  hasty: { protocol: postgres, url: "\${BANK_URL}", preview: trial, trial_timeout: 300ms, undone_by_rollback: [${undone}] }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: writes, connections: { names: [bank, hasty] }, actions: [write], then: { ask: { approvers: [dba] } } }
  - { name: code, connections: { names: [bank, ruled, untried, hasty] }, actions: [execute], then: { ask: { approvers: [dba] } } }
  - { name: schema, actions: [schema], then: { ask: { approvers: [dba] } } }
  - { name: counts, connections: { names: [counted] }, actions: [write, execute], then: { ask: { approvers: [dba], bind: counts, tolerance: 2 } } }
  - { name: few, connections: { names: [ruled, untried] }, actions: [write], then: allow }
  - { name: some, connections: { names: [ruled] }, actions: [write], when: { rows: "> 2" }, then: { ask: { approvers: [dba] } } }
  - { name: many, connections: { names: [ruled] }, actions: [write], when: { rows: "> 5" }, then: { ask: { approvers: [dba], votes: 2 } } }
  - { name: all, connections: { names: [ruled] }, actions: [write], when: { rows: "> 20" }, then: deny, message: That is too many at once. }
  - { name: big reads, connections: { names: [ruled] }, actions: [read], resources: ["table:public.shelves"], when: { rows: "> 3" }, then: deny }
  - { name: some untried, connections: { names: [untried] }, actions: [write], when: { rows: "> 5" }, then: { ask: { approvers: [dba] } } }
${more}`;

/** Functions of the tests, all of which a rollback undoes, but the last. */
const undone = ['write_log', 'trg', 'first', 'second', 'dawdle', 'outside']
  .map((name) => `"public.${name}()"`)
  .join(', ');

type Connection = 'bank' | 'counted' | 'ruled' | 'untried' | 'hasty';

const tables = `
create table shelves (id int primary key, name text not null);
create table items (id int primary key, shelf int references shelves on delete cascade, price int not null, changed_at timestamptz);
insert into shelves select n, 'shelf ' || n from generate_series(1, 5) n;
insert into items select n, n % 5 + 1, n * 10, null from generate_series(1, 40) n;
create table log (id int generated always as identity primary key, what text);
create function write_log() returns trigger language plpgsql as
  $$ begin insert into log (what) values (tg_op || ' ' || coalesce(new.id, old.id)); return coalesce(new, old); end $$;
create table logged (id int primary key, n int);
insert into logged values (1, 1), (2, 2);
create trigger write_log after insert or update or delete on logged for each row execute function write_log();
create table bare (n int);
insert into bare values (1), (2);
create table staging (id int primary key, price int);
insert into staging values (1, 11), (2, 22);
`;

export interface Road extends AsyncDisposable {
  readonly harness: Harness;
  readonly observer: Client;
  /** Rows as the observer sees them. */
  rows(sql: string): Promise<unknown[]>;
  /** A call of a run of its own, unless it is named, on the connection that binds values, unless another is. */
  ask(sql: string, how?: { readonly run?: string; readonly on?: Connection }): Promise<CallView>;
  card(call: CallView): Promise<ApprovalView>;
  approve(call: CallView): Promise<unknown>;
  run(call: CallView): Promise<ExecuteView>;
}

export async function openRoad(text = policy()): Promise<Road> {
  const harness = await startHarness({ policy: text });
  await harness.observer.query(tables);
  // Several, so that none of them asks too often in a minute; a run that is named stays with the first.
  const agents = await Promise.all(['ada', 'ben', 'cem', 'dov'].map((name) => harness.agent(name)));
  const dana = await harness.person('dana');
  const askers = new Map<string, ApiClient>();
  let calls = 0;
  return {
    harness,
    observer: harness.observer,
    rows: async (sql) => (await harness.observer.query(sql)).rows as unknown[],
    ask: async (sql, { run, on = 'bank' } = {}) => {
      const again = async () => {
        calls++;
        const agent = agents[run === undefined ? calls % agents.length : 0] as ApiClient;
        const key = { run: run ?? `run-${calls}`, tool: 'query', call: `call-${calls}` };
        const call = await agent.submitCall({ connection: on, input: { sql }, ...key });
        askers.set(call.id, agent);
        return call;
      };
      const call = await again();
      // The gateway's catalog was of before the test changed its tables: it says so, and knows better the next time.
      return call.code === 'schema_changed' ? again() : call;
    },
    card: (call) => {
      if (call.approval === null) throw new Error(`nobody was asked: ${call.code}, ${call.reason}`);
      return dana.getApproval(call.approval);
    },
    approve: (call) => vote(dana, call),
    run: (call) => execute(askers.get(call.id) as ApiClient, call),
    [Symbol.asyncDispose]: () => harness.close(),
  };
}
