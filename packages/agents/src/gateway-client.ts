/** The gateway, as an agent application holds it: an address, a token, and the loop that waits for people's votes. */
import { type Client, createClient } from '@countersign/client';
import { CountersignError, outsideIdSchema, type ParkedRunView } from '@countersign/core';
import { type ApplyVotesOptions, applyVotes } from './apply-votes.ts';
import { type DecidedListener, listenForDecisions, type OnOptions } from './decisions.ts';
import { type ParkedRunOptions, ParkedRuns } from './parked-runs.ts';
import { type PendingCall, pendingCalls } from './pending.ts';
import { runIdOf } from './run-id.ts';
import type { RunContextLike, RunResultLike, RunStateLike } from './sdk.ts';
import { readStateKey } from './state-key.ts';

/** `Context` is the type of the context that the application runs its agents with. */
export interface GatewayClientOptions<Context = unknown> {
  /** The gateway's address, https, or http on loopback; default: `COUNTERSIGN_URL`. */
  readonly url?: string;
  /**
   * An agent's or a service's token; default: `COUNTERSIGN_TOKEN`. A function is asked for each request, with the run's
   * context, so that one process can act for many people.
   */
  readonly token?: string | ((runContext: RunContextLike<Context>) => string | Promise<string>);
  /**
   * The run's id, 1 to 200 printable ASCII characters; default: one that is made for each run. Give it where one
   * `RunContext` object serves several runs, or where the context is no plain object and yet survives serialising.
   */
  readonly runId?: (runContext: RunContextLike<Context>) => string;
  /**
   * Encrypts parked runs in this process: 32 bytes, or their base64 or hex; default: `COUNTERSIGN_STATE_KEY`. Every
   * process that parks or unparks a run has the same one; the gateway never has it.
   */
  readonly stateKey?: string | Uint8Array;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** The gateway, for an application's tools and runs. Made by {@link gatewayClient}; in tests, by `testGateway`. */
export interface GatewayClient {
  /** The gateway's address, ending in `/`. */
  readonly url: string;
  /** The guarded calls a run waits for. Other tools' interruptions are the application's own. */
  pending(result: RunResultLike): readonly PendingCall[];
  /**
   * Waits until people have decided every guarded call that a run waits for, across failures of the gateway, and
   * approves or rejects each in the state. Touches nothing else; the application then runs the state again.
   *
   * @returns those that still wait: none, unless `timeoutMs` ran out.
   * @throws {CountersignError} `unauthenticated`, `wrong_actor` or `config_invalid` for a token that no longer serves.
   * @throws what `signal` was aborted with. What was decided by then is in the state.
   */
  applyVotes(state: RunStateLike, options?: ApplyVotesOptions): Promise<readonly PendingCall[]>;
  /**
   * Parks a paused run: its state is encrypted here, and kept by the gateway until it can go on, in any process of the
   * same principal. A run that was unparked in this process is parked again under its id.
   *
   * @returns the id that `unpark` takes.
   * @throws {CountersignError} `not_parkable` for a run that waits for nothing, or whose context is no plain object of
   * JSON values; `too_large`; `too_many_parked`; `lease_lost` where another process took the run since it was unparked;
   * `config_invalid` without a state key.
   */
  park(result: RunResultLike, options?: Pick<ParkedRunOptions, 'signal'>): Promise<string>;
  /**
   * Takes a parked run, for this process alone, and returns the state for the SDK's `RunState.fromString`. Make the
   * agent and its tools first. The run stays taken while the process lives, until it is parked again, finished or released.
   *
   * @throws {CountersignError} `run_taken` while another process has it; `not_found` where there is none, or it is
   * another's; `state_unreadable` for another state key or a state that was changed; `state_outdated` where the SDK or
   * the guarded tools are no longer those it was parked with. A run that could not be opened is given back.
   */
  unpark(id: string, options?: ParkedRunOptions): Promise<string>;
  /**
   * Gives a run that this process has taken back as it was parked, because it can't go on here.
   *
   * @throws {CountersignError} `lease_lost` where this process has not taken it, or another has since.
   */
  release(id: string, options?: Pick<ParkedRunOptions, 'signal'>): Promise<void>;
  /**
   * Erases a parked run that is done or given up. Calls that wait are not cancelled by it.
   *
   * @throws {CountersignError} `run_taken` while another process has it; `not_found`.
   */
  finish(id: string, options?: ParkedRunOptions): Promise<void>;
  /** The principal's parked runs, the oldest first: which of them wait for people, and which are taken. */
  parkedRuns(options?: ParkedRunOptions): Promise<readonly ParkedRunView[]>;
  /**
   * Has a function told of each call of this token's principal, for the same person, that people decide, or that expires
   * or is cancelled: across failures and restarts of the gateway, in the order it happened, and until the function that
   * `on` returns is called. It keeps the process alive until then. A decision can be told twice: what a listener does
   * has to bear that, as `unpark` does.
   */
  on(event: 'decided', listener: DecidedListener, options?: OnOptions): () => void;
  /** The API's client, with the token of this run. */
  clientFor(runContext: RunContextLike): Client;
  /** The id under which this run's calls stand in the record. */
  runIdOf(runContext: RunContextLike): string;
}

/**
 * A gateway for an application's agents. Makes no request yet; one client serves any number of tools and runs.
 *
 * @throws {CountersignError} `config_invalid` without an address or a token, for plain http beyond loopback, and for a
 * state key that is none.
 */
export function gatewayClient<Context = unknown>(options: GatewayClientOptions<Context> = {}): GatewayClient {
  const url = options.url ?? fromEnvironment('COUNTERSIGN_URL', 'url');
  const token = options.token ?? fromEnvironment('COUNTERSIGN_TOKEN', 'token');
  const base = options.fetch === undefined ? { url } : { url, fetch: options.fetch };
  const stateKey = readStateKey(options.stateKey);
  const shared = createClient(typeof token === 'string' ? { ...base, token } : base);
  const gateway: GatewayClient = {
    url: shared.url,
    pending: (result) => pendingCalls(gateway, result.state._context, result.interruptions),
    applyVotes: (state, applyOptions) => applyVotes(gateway, state, applyOptions),
    park: (result, parkOptions) => parked.park(result, parkOptions),
    unpark: (id, unparkOptions) => parked.unpark(id, unparkOptions),
    release: (id, releaseOptions) => parked.release(id, releaseOptions),
    finish: (id, finishOptions) => parked.finish(id, finishOptions),
    parkedRuns: (listOptions) => parked.list(listOptions),
    on: (_event, listener, onOptions) => listenForDecisions(gateway, listener, onOptions),
    clientFor: (runContext) => {
      if (typeof token === 'string') return shared;
      return createClient({ ...base, token: () => token(runContext as RunContextLike<Context>) });
    },
    runIdOf: (runContext) => {
      if (options.runId === undefined) return runIdOf(runContext);
      const id = outsideIdSchema.safeParse(options.runId(runContext as RunContextLike<Context>));
      if (id.success) return id.data;
      throw new CountersignError('config_invalid', {
        what: 'runId gave no usable id',
        expected: '1 to 200 printable ASCII characters',
      });
    },
  };
  const parked = new ParkedRuns(gateway, stateKey);
  return gateway;
}

function fromEnvironment(name: string, option: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new CountersignError('config_invalid', {
    what: `${name} is not set`,
    expected: `that variable, or gatewayClient({ ${option} })`,
  });
}
