/**
 * The same road without its record, so that thousands can be tried: analysis, decision and masks are the gateway's own.
 * One query in some is run by the gateway's own means too; of the others the server's answer is hidden by the mask plan
 * that the gateway would have used.
 */
import type { CallId, Decision } from '@countersign/core';
import { decide } from '@countersign/policy';
import { Client } from 'pg';
import { makeMasker } from '../../../packages/gateway/src/masking/masker.ts';
import { postgres } from '../../../packages/gateway/src/protocols/postgres/index.ts';
import { systemRuntime } from '../../../packages/gateway/src/runtime/runtime.ts';
import type { Heard } from '../canary.ts';
import { askDirectly } from '../raw.ts';
import { agent, type Behind, type Databases } from '../road.ts';

/** What an agent is told: rows, or a code and perhaps a message. */
export type Told =
  | { readonly rows: readonly (readonly (string | null)[])[]; readonly truncated: boolean }
  | { readonly code: string; readonly message: string | null };

export interface QuickRoad extends AsyncDisposable {
  /** How a query is decided; null where there is no decision, because the analysis denies it. */
  decide(on: Behind, sql: string): Promise<Decision | null>;
  /** What is told of it by the gateway's own means. */
  run(on: Behind, sql: string): Promise<Told>;
  /** What would be told of it by this decision; null where the server refuses it. */
  hide(on: 'canary' | 'other', sql: string, decision: Decision): Promise<Told | null>;
  /** PostgreSQL's own answer. */
  directly(sql: string): Promise<Heard>;
}

const scope = { secret: new Uint8Array(32), principal: agent.id, run: 'r' };

export async function openQuickRoad({ file, urls }: Databases): Promise<QuickRoad> {
  const { policy, connections } = file;
  const targets = new Map(
    [...connections.values()].map((config) => [
      config.name,
      { config, target: postgres.connect(config, systemRuntime) },
    ]),
  );
  const observers = {
    canary: new Client({ connectionString: urls.canary }),
    other: new Client({ connectionString: urls.other }),
  };
  const busy: Record<keyof typeof observers, Promise<unknown>> = {
    canary: Promise.resolve(),
    other: Promise.resolve(),
  };
  const observe = (on: keyof typeof observers, sql: string): Promise<Heard> => {
    const mine = busy[on].then(() => askDirectly(observers[on], sql));
    busy[on] = mine;
    return mine;
  };
  const signal = new AbortController().signal;
  for (const client of Object.values(observers)) {
    await client.connect();
    await client.query("set statement_timeout = '5s'; set default_transaction_read_only = on");
  }

  async function judged(on: Behind, sql: string, from: Behind = on) {
    const [found, other] = [targets.get(on), targets.get(from)];
    if (found === undefined || other === undefined) throw new Error(on);
    const { config } = found;
    const { target } = other;
    const input = target.parse({ sql });
    const analysis = await target.analyse(input, signal).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error) return null;
      throw error;
    });
    if (analysis === null) return null;
    const { effects, lineage } = analysis;
    const decision = decide(policy, { principal: agent, connection: config, effects, lineage });
    return { config, target, input, analysis, decision };
  }

  return {
    // Behind `open` is the database that is behind `canary`: what was analysed once is known.
    decide: async (on, sql) => (await judged(on, sql, on === 'open' ? 'canary' : on))?.decision ?? null,
    async run(on, sql) {
      const found = await judged(on, sql);
      if (found === null) return { code: 'no decision', message: null };
      const { config, target, input, analysis, decision } = found;
      if (decision.verdict !== 'allow') return { code: decision.code, message: null };
      const execution = await target.execute(input, analysis, {
        call: 'call_test' as CallId,
        limits: config.limits,
        masks: decision.masks,
        masker: makeMasker(decision.masks, scope),
        started: async () => undefined,
        signal,
      });
      if (execution.outcome !== 'succeeded')
        return { code: execution.code, message: 'message' in execution ? execution.message : null };
      if (!('rows' in execution.result)) throw new Error('no rows');
      return execution.result;
    },
    async hide(on, sql, { masks }) {
      const { rows, words } = await observe(on, sql);
      if (words.length !== 1 || words[0]?.startsWith('SELECT') !== true) return null;
      const masker = makeMasker(masks, scope);
      return { rows: rows.map((row) => row.map((cell, at) => masker.cell(at, cell))), truncated: false };
    },
    directly: (sql) => observe('canary', sql),
    async [Symbol.asyncDispose]() {
      await Promise.all([...targets.values()].map(({ target }) => target.close()));
      await Promise.all(Object.values(observers).map((client) => client.end()));
    },
  };
}
