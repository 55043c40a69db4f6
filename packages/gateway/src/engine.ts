/** The gateway without its HTTP face: the store, the ledger, the policy in force, and the operations on calls. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallId, CountersignError, type ProtocolName } from '@countersign/core';
import type { LoadedFile } from '@countersign/policy';
import { LRUCache } from 'lru-cache';
import { Calls } from './calls/calls.ts';
import { Feed } from './calls/feed.ts';
import { createLookLimit } from './calls/look-limit.ts';
import { createMatched } from './calls/matched.ts';
import { type PolicyInForce, policyInForce } from './calls/policy-in-force.ts';
import { createRecordCache } from './calls/record.ts';
import { recover } from './calls/recover.ts';
import type { Connected, Log, Room } from './calls/room.ts';
import { createRunning } from './calls/running.ts';
import { createStopBoard } from './calls/stop-board.ts';
import { sweep } from './calls/sweep.ts';
import { createTexts } from './calls/texts.ts';
import { trust } from './calls/trust.ts';
import { createWaiters } from './calls/waiters.ts';
import { type Keys, memoryKeys } from './ledger/keys.ts';
import { keysOfStore } from './ledger/keys-of-store.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { makeMasker } from './masking/masker.ts';
import { Webhooks } from './notify/webhooks.ts';
import { protocols } from './protocols/index.ts';
import type { Protocol } from './protocols/protocol.ts';
import { faultForLog } from './runtime/fault-for-log.ts';
import { type Runtime, systemRuntime } from './runtime/runtime.ts';
import { openStore, type Store, type StoreConfig } from './store/store.ts';

/** How long a call that waits on a shared store goes unlooked at, should no notice of its move arrive. Milliseconds. */
const sharedLookAgainMs = 2000;

/** How long a start waits for what a gateway that died left behind. Milliseconds. */
const recoverWithinMs = 3000;

/** How often a replaced connection is looked at, whether calls still run on it. Milliseconds. */
const retireLookMs = 250;

/** How long a shutdown waits for what runs before it ends it. Milliseconds. */
const drainWithinMs = 10_000;

/** What an engine is opened on. */
export interface EngineOptions {
  /** The policy file, as `parsePolicyFile` of `@countersign/policy` reads it. */
  readonly file: LoadedFile;
  /** `memory`: a throw-away store with throw-away keys. Default: what the file's `server` says. */
  readonly store?: 'memory';
  /** The keys file; default `COUNTERSIGN_KEYS`, else `keys` in the data folder. */
  readonly keys?: string;
  /** Default: silent. */
  readonly log?: Log;
  /** Default: {@link systemRuntime}. */
  readonly runtime?: Runtime;
}

/** A gateway without its HTTP face. What is in it is the gateway's own, and may change with any version. */
export interface Engine {
  readonly calls: Calls;
  readonly feed: Feed;
  /**
   * Says where people reach the gateway, and has the webhooks told from now on.
   *
   * @param base The address, without a slash at its end.
   */
  announce(base: () => string): void;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keys: Keys;
  readonly policy: PolicyInForce;
  readonly runtime: Runtime;
  /** Judges a call and, where it is allowed at once, runs it. For a throw-away store and target. */
  run: Calls['runOnce'];
  /** Gives what runs a moment (10 s) to finish, then ends it at its target. */
  drain(): Promise<void>;
  /** Drains, sequences the ledger, and closes everything, the store last. */
  close(): Promise<void>;
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Opens an engine: its store, brought up to date, its keys and its connections. Waits up to 3 s for the recovery of what
 * an earlier one left behind, which then goes on by itself.
 *
 * @throws {CountersignError} what opening the store, the keys and the connections throws: `data_locked`, `data_damaged`,
 * `unavailable`, `config_invalid`.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { file, log = silent, runtime = systemRuntime } = options;
  const config = storeConfig(options);
  const store = await openStore(config);
  try {
    const keys =
      config.kind === 'memory'
        ? memoryKeys()
        : await keysOfStore(
            store.db,
            options.keys ?? process.env.COUNTERSIGN_KEYS ?? join(file.server.data, 'keys'),
          );
    return await assembleEngine({ store, keys, file, log, runtime, protocols });
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

function storeConfig({ file, store }: EngineOptions): StoreConfig {
  if (store === 'memory') return { kind: 'memory' };
  return file.server.store.kind === 'embedded'
    ? { kind: 'embedded', folder: file.server.data }
    : file.server.store;
}

/** Everything an engine is made of. */
export interface EngineParts {
  readonly store: Store;
  readonly keys: Keys;
  readonly file: LoadedFile;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly protocols: ReadonlyMap<ProtocolName, Pick<Protocol, 'connect'>>;
}

/** Puts an engine together on a store that is open. A simulation hands in parts of its own. */
export async function assembleEngine(parts: EngineParts): Promise<Engine> {
  const { store, keys, file, log, runtime } = parts;
  const { db } = store;
  const ledger = createLedger(db, keys, runtime, (fault) =>
    log.error({ err: faultForLog(fault) }, 'the ledger could not be sequenced'),
  );
  const ending = new AbortController();
  const running = createRunning();
  const retire = ({ config, target }: Connected): void => {
    const those = running.calls().filter(({ connection }) => connection === config.name);
    void (async () => {
      while (!ending.signal.aborted && running.calls().some((call) => those.includes(call)))
        await runtime.sleep(retireLookMs, ending.signal);
      await target.close();
    })().catch((fault: unknown) =>
      log.error({ err: faultForLog(fault), connection: config.name }, 'a replaced connection was not closed'),
    );
  };
  const records = createRecordCache();
  const texts = createTexts(ledger);
  const matched = createMatched(runtime);
  const allowed: Room['allowed'] = new LRUCache({ max: 1000 });
  let policy: PolicyInForce | null = null;
  const room: Room = {
    ending: ending.signal,
    lookAgainMs: store.kind === 'postgres' ? sharedLookAgainMs : Number.POSITIVE_INFINITY,
    db,
    ledger,
    current: () => {
      if (policy === null) throw new CountersignError('unavailable', { what: 'the gateway is starting' });
      return policy.current();
    },
    runtime,
    log,
    waiters: createWaiters(runtime),
    running,
    stops: await createStopBoard(db),
    records,
    texts,
    matched,
    allowed,
    looks: createLookLimit(runtime),
    forget: () => {
      ledger.forget();
      records.clear();
      texts.forget();
      allowed.clear();
    },
    instance: `gw_${runtime.randomBytes(12).toString('hex')}`,
    makeMasker,
    maskSecret: keys.masks,
  };
  await trust(room, store, keys, bootId);
  policy = await policyInForce({ db, ledger, matched, runtime, protocols: parts.protocols, retire }, file);
  const inForce = policy;
  for (const { config, target } of inForce.current().connections.values()) {
    const why = target.cannotRun?.() ?? null;
    if (why !== null) log.warn({ connection: config.name }, `nothing can run on this connection: ${why}`);
  }
  const alone = store.kind !== 'postgres';
  // A target that is down must not keep the gateway from starting: what it can't answer for yet is asked again later.
  const recovering = recover(room, { othersAreDead: alone });
  recovering.catch((fault: unknown) => log.error({ err: faultForLog(fault) }, 'recovery failed'));
  const started = new AbortController();
  await Promise.race([recovering, runtime.sleep(recoverWithinMs, started.signal)]);
  started.abort();
  const sweeping = sweep(room, ending.signal, alone);
  const feed = new Feed(room);
  const webhooks = new Webhooks(room);
  const sequenced = () => {
    feed.wake();
    webhooks.wake();
  };
  ledger.onSequenced(sequenced);
  const hearing = { moved: (call: CallId) => room.waiters.moved(call), sequenced };
  const listening = store.listen(hearing, runtime, ending.signal);
  let closing: Promise<void> | null = null;
  const drain = async () => {
    const drained = new AbortController();
    await Promise.race([room.running.idle(), runtime.sleep(drainWithinMs, drained.signal)]);
    drained.abort();
    room.running.abort(() => true, new CountersignError('shutting_down'));
    await room.running.idle();
  };
  const close = async () => {
    ending.abort();
    await Promise.all([sweeping, listening, webhooks.settled()]);
    await drain();
    await ledger
      .settled()
      .catch((fault: unknown) => log.error({ err: faultForLog(fault) }, 'the ledger could not be sequenced'));
    await ledger.close();
    await inForce.close();
    await store.close();
  };
  const calls = new Calls(room);
  return {
    calls,
    feed,
    announce: (base) => webhooks.begin(base, alone),
    run: (principal, call, signal) => calls.runOnce(principal, call, signal),
    store,
    ledger,
    keys,
    policy: inForce,
    runtime,
    drain,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Names this boot of the machine; where that can't be told, every start counts as another boot. */
function bootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
      encoding: 'utf8',
      timeout: 2000,
    }).trim();
  } catch {
    return `untold-${Math.floor(performance.timeOrigin)}`;
  }
}
