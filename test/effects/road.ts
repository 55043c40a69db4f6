/** A gateway that tries writes, in front of a shop whose tables have what makes effects hard to see. */
import type { ApprovalView, CallView, ExecuteView } from '@countersign/core';
import type { Client } from 'pg';
import { execute, type Harness, startHarness, submit, vote } from '../gateway/harness.ts';

/** The rule that asks, with what it says of binding. */
export const policy = (ask = '', more = '', connection = '') => `version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  sam: { groups: [dba], accounts: ["local:sam"] }
  olivia: { groups: [dba], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}", preview: trial${connection} }
rules:
  - { name: read, actions: [read], then: allow }
  - { name: writes, actions: [write], then: { ask: { approvers: [dba]${ask} } } }
  - { name: schema, actions: [schema], then: { ask: { approvers: [dba] } } }
  - { name: code, actions: [execute], then: { ask: { approvers: [dba]${ask} } } }
${more}`;

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
  ask(sql: string, run?: string): Promise<CallView>;
  card(call: CallView): Promise<ApprovalView>;
  approve(call: CallView): Promise<unknown>;
  run(call: CallView): Promise<ExecuteView>;
}

export async function openRoad(text = policy()): Promise<Road> {
  const harness = await startHarness({ policy: text });
  await harness.observer.query(tables);
  const agent = await harness.agent();
  const dana = await harness.person('dana');
  return {
    harness,
    observer: harness.observer,
    rows: async (sql) => (await harness.observer.query(sql)).rows as unknown[],
    ask: async (sql, run) => {
      const again = () => submit(agent, sql, run === undefined ? {} : { run });
      const call = await again();
      // The gateway's catalog was of before the test changed its tables: it says so, and knows better the next time.
      return call.code === 'schema_changed' ? again() : call;
    },
    card: (call) => {
      if (call.approval === null) throw new Error(`nobody was asked: ${call.code}, ${call.reason}`);
      return dana.getApproval(call.approval);
    },
    approve: (call) => vote(dana, call),
    run: (call) => execute(agent, call),
    [Symbol.asyncDispose]: () => harness.close(),
  };
}
