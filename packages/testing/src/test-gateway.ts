/** A real gateway in the test's own process, with real databases behind it and someone to answer its asks. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApplyVotesOptions,
  type GatewayClient,
  gatewayClient,
  type RunStateLike,
} from '@countersign/agents';
import { type Client, createClient } from '@countersign/client';
import type { LedgerEvent, MintInput } from '@countersign/core';
import { startGateway } from '@countersign/gateway';
import { CleanUp } from './clean-up.ts';
import { ownerOfTest, readPolicyForTest, tokenNameOf } from './policy-for-test.ts';
import { type PostgresServer, startPostgres, type TestDatabase } from './postgres.ts';
import { callsIn, eventsIn, type RecordedCall } from './recorded-calls.ts';
import type { Approver } from './scripted-approver.ts';
import { Voting } from './voting.ts';

/** What a gateway for a test is made of. */
export interface TestGatewayOptions {
  /** The policy file: a path from the working folder, or a URL as of `new URL('…', import.meta.url)`. */
  readonly config: string | URL;
  /** Who calls. Owner: someone under `people`; default: a human who is added for the test and is in no group. */
  readonly agent: {
    readonly name: string;
    readonly groups: readonly string[];
    readonly owner?: string;
    readonly onBehalfOf?: string;
  };
  /** A new PostgreSQL database for each of these connections; a seed is an SQL file beside the policy file. */
  readonly databases?: Readonly<Record<string, { readonly seed?: string }>>;
  /** Who answers asks; without one they wait, until their clock runs out. */
  readonly approver?: Approver;
  /** Values for the file's other `${VAR}`s. The process's own environment is not looked at. */
  readonly env?: Readonly<Record<string, string>>;
  /** A server to make the databases on; default: one of its own, or the run's (see `startPostgres`). */
  readonly postgres?: PostgresServer;
}

/** A gateway client for `guardedTool`, and what a test wants to look at. */
export interface TestGateway extends GatewayClient, AsyncDisposable {
  /** The databases by connection. Look at them with a client of your own: what ran is what is there. */
  readonly databases: ReadonlyMap<string, TestDatabase>;
  /** The agent's token, for a client of the application's own; asks that it raises are answered as well. */
  readonly agentToken: string;
  /** The API with the agent's token. */
  readonly agent: Client;
  /** The API with an operator's token: stops, tokens, events. */
  readonly operator: Client;
  /** The API with a token of someone under `people`. */
  person(name: string): Promise<Client>;
  /** What the ledger says happened. */
  events(): Promise<readonly LedgerEvent[]>;
  /** The calls, by the ledger, in the order in which they came. */
  calls(): Promise<readonly RecordedCall[]>;
  /** Ends the gateway and drops the databases. */
  close(): Promise<void>;
}

/**
 * Starts a gateway on the caller's own policy file, with its store in memory.
 *
 * `applyVotes` of the returned client also fails where the approver did: with `UnexpectedApprovalError` for an ask that
 * a script has no step for, with `NoEligiblePeopleError` for one that its people can't meet.
 *
 * @throws {PolicyFileError} for a file with problems; {Error} for a connection that isn't in it.
 */
export async function testGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { config, agent, env = {} } = options;
  const cleanUp = new CleanUp();
  const closing = new AbortController();
  try {
    const file = await readPolicyForTest(config, env);
    const postgres = options.postgres ?? (await startPostgres());
    if (options.postgres === undefined) cleanUp.defer(() => postgres.stop());
    const databases = new Map<string, TestDatabase>();
    for (const [name, { seed }] of Object.entries(options.databases ?? {})) {
      const sql = seed === undefined ? {} : { seed: await readFile(resolve(file.directory, seed), 'utf8') };
      const database = await postgres.createDatabase(sql);
      cleanUp.defer(() => database.drop());
      databases.set(name, database);
    }
    const loaded = file.load(new Map([...databases].map(([name, { url }]) => [name, url])));
    const gateway = await startGateway({
      file: loaded,
      store: 'memory',
      listen: { host: '127.0.0.1', port: 0 },
      logLevel: 'silent',
    });
    cleanUp.defer(() => gateway.close());

    const { url } = gateway;
    const operator = createClient({ url, token: gateway.operatorToken ?? '' });
    const mint = async (request: MintInput) => (await operator.mintToken(request)).token;
    const people = new Map<string, Promise<Client>>();
    const person = (name: string): Promise<Client> => {
      const made =
        people.get(name) ??
        mint({ class: 'person', name: tokenNameOf(name) }).then((token) => createClient({ url, token }));
      people.set(name, made);
      return made;
    };
    const agentToken = await mint({
      class: 'agent',
      name: agent.name,
      groups: [...agent.groups],
      owner: agent.owner ?? ownerOfTest,
      ...(agent.onBehalfOf === undefined ? {} : { on_behalf_of: agent.onBehalfOf }),
    });

    const voting =
      options.approver === undefined
        ? null
        : new Voting({
            approver: options.approver,
            people: [...loaded.policy.people.values()].filter(({ name }) => name !== ownerOfTest),
            clientOf: person,
          });
    const watched = voting === null ? fetch : lookingAfterSubmit(voting);
    if (voting !== null) {
      const keeping = keepLooking(voting, closing.signal);
      cleanUp.defer(() => keeping);
    }
    const client = gatewayClient({ url, token: agentToken, stateKey: randomBytes(32), fetch: watched });
    const events = async () => eventsIn(await allLines(operator));
    const close = async () => {
      closing.abort(new Error('the gateway was closed'));
      await cleanUp.run();
    };
    const plain = { ...client };
    return Object.assign(client, {
      applyVotes: async (state: RunStateLike, { signal, ...wait }: ApplyVotesOptions = {}) => {
        const done = new AbortController();
        const signals = [closing.signal, done.signal, ...(signal === undefined ? [] : [signal])];
        const applied = plain.applyVotes(state, { ...wait, signal: AbortSignal.any(signals) });
        try {
          return await (voting === null ? applied : Promise.race([voting.failure, applied]));
        } finally {
          // Nobody waits any more where the approver failed.
          done.abort();
          await applied.catch(() => {});
        }
      },
      databases,
      agentToken,
      agent: createClient({ url, token: agentToken, fetch: watched }),
      operator,
      person,
      events,
      calls: async () => callsIn(await events()),
      close,
      [Symbol.asyncDispose]: close,
    });
  } catch (error) {
    closing.abort();
    await cleanUp.run();
    throw error;
  }
}

/** Asks that other clients raise, an application's own for one, are found by looking every so often. Milliseconds. */
const lookEveryMs = 200;

async function keepLooking(voting: Voting, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await voting.look();
    await sleep(lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** A fetch that has the approver look for asks at once after each call that was submitted. */
function lookingAfterSubmit(voting: Voting): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'POST' && new URL(response.url).pathname.endsWith('/v1/calls')) await voting.look();
    return response;
  };
}

async function allLines(operator: Client) {
  const lines = [];
  for (let after = -1; ; ) {
    const page = await operator.events({ after, limit: 10_000 });
    lines.push(...page);
    const last = page.findLast((line) => 'index' in line);
    if (last === undefined || page.some((line) => 'head' in line)) return lines;
    after = last.index;
  }
}
