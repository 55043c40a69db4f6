/**
 * What a protocol brings. Everything outside this folder works with these interfaces and knows no protocol's name.
 *
 * A {@link Protocol} knows a kind of target; a {@link Target} is one configured connection of that kind. Each protocol's
 * folder has the same files: input · effects · preview · execute · mask · recover · inspect.
 */
import type {
  Binding,
  CallId,
  CallInput,
  Effect,
  ErrorCode,
  Finding,
  Impact,
  Json,
  Lineage,
  MaskPlan,
  MeasuredEffect,
  OutputColumn,
  ProtocolName,
  Ran,
  Resource,
  Result,
  Sample,
} from '@countersign/core';
import type { ConnectionConfig, Limits } from '@countersign/policy';
import type { Masker } from '../masking/masker.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface Protocol {
  readonly name: ProtocolName;
  /**
   * Prepares a connection without reaching the target: `serve` starts while a target is down.
   *
   * @throws {CountersignError} `config_invalid` where the configuration can't work.
   */
  connect(config: ConnectionConfig, runtime: Runtime): Target;

  /**
   * Looks at a target as a careful operator would, within five seconds, on connections of its own. What can't be
   * reached is a finding.
   *
   * @param isHidden Whether a mask hides a column; where it is given, a wall is tried and not only looked at.
   * @throws {CountersignError} `config_invalid`; the signal's reason where it aborts.
   */
  inspect(
    config: ConnectionConfig,
    runtime: Runtime,
    signal: AbortSignal,
    isHidden?: (column: Resource) => boolean,
  ): Promise<Inspection>;
}

/** What is known of a target after looking at it. */
export interface Inspection {
  readonly findings: readonly Finding[];
  /** The columns it has, for masks to be compared with; null where that can't be told. */
  readonly columns: ReadonlySet<Resource> | null;
  /** Those that the weakest login can read; null where there is no such login. */
  readonly wallReads: ReadonlySet<Resource> | null;
}

/** What a call would do, as far as it can be told without running it. */
export interface Analysis {
  /** At least one for anything but a call that touches nothing at all. */
  readonly effects: readonly Effect[];
  readonly lineage: Lineage;
  /** Same for calls that differ in constants only: the rejection memory compares it. */
  readonly fingerprint: string;
  /** What the analysis relied on, for {@link Target.execute} to compare. The protocol's own. */
  readonly reliedOn: Json;
}

export interface Preview {
  /** What would run, re-rendered by `visibleText`; nothing cut. */
  readonly input: readonly { readonly label: string; readonly text: string }[];
  /** The effects in words, a line each. */
  readonly words: readonly string[];
  readonly impact: Impact;
  /** What a trial changed; absent where none was made. */
  readonly effect?: MeasuredEffect;
  /** Some of the rows that the trial changed, masked. */
  readonly sample?: readonly Sample[];
  /** The triggers that fire. */
  readonly triggers?: readonly string[];
  /** The locks it takes, and whether it rewrites a table. */
  readonly locks?: readonly string[];
  readonly notes: readonly string[];
}

/** How an effect is measured. */
export interface Measuring {
  /** Whether keys and new values are wanted, or the numbers of rows only. */
  readonly bind: Binding;
  /** Keys the digest of values: without it nobody confirms a guess by the digest. */
  readonly digestKey: Uint8Array;
}

/** What a preview is wanted for. */
export interface PreviewWish extends Measuring {
  /** Makes what hides cells of these columns from the people who are asked. */
  makeMasker(columns: readonly OutputColumn[]): Masker;
}

/** What was measured before COMMIT. */
export interface Measured {
  /** Changed, or returned by a call that only reads; null where that can't be told. */
  readonly rows: number | null;
  /** Null for a call that only reads, and where nothing could be counted. */
  readonly effect: MeasuredEffect | null;
}

/** What an execution asks before it commits, or hands out what it read. */
export interface EffectCheck extends Measuring {
  /** Whether this may take effect. Rejects where that can't be told. */
  holds(measured: Measured): Promise<boolean>;
}

/** Where rows go that are not kept. What it throws ends the call. */
export interface RowSink {
  /** Once, before the first rows. */
  columns(names: readonly string[]): Promise<void>;
  /** One batch after another, none empty. */
  rows(batch: readonly (readonly (string | null)[])[]): Promise<void>;
}

/** One thing that a call asked its target for. */
export interface TargetRequest {
  /** Codes, numbers and digests: what stands in the record for ever. */
  readonly data: Readonly<Record<string, Json>>;
  /** What it was about, by name; kept encrypted. Never a value. */
  readonly about: string;
}

export interface ExecuteContext {
  readonly call: CallId;
  readonly limits: Limits;
  readonly masks: MaskPlan;
  readonly masker: Masker;
  /** Whether it touches nothing that a mask hides from anybody; where it is not said, the mask plan tells. */
  readonly freeOfHidden?: boolean;
  /**
   * Makes `evidence` durable: what {@link Target.recover} needs to find out later whether the call took effect. A write
   * awaits it before it sends the first byte that could take effect; it throws where the call is no longer ours.
   */
  started(evidence: Json): Promise<void>;
  /**
   * Hears of what the call asks the target for on its way, where that is more than one thing: an event of the call.
   * Returns at once; absent where nobody keeps it.
   */
  readonly requested?: (request: TargetRequest) => void;
  /**
   * Takes the masked rows of a read as they come; the result then holds none, so that its size costs no memory. Nothing
   * more is read until what was handed over has been taken. Caps hold as ever. Absent: the result holds them all.
   */
  readonly rows?: RowSink;
  /** Aborted by a stop, a cancellation or a shutdown; before the commit was sent it ends in `rolled_back`. */
  readonly signal: AbortSignal;
  /**
   * Where it is given, the execution measures its effect, asks, and ends in `effect_drift` with everything undone unless
   * the answer is yes. Absent: nothing has to be measured.
   */
  readonly effect?: EffectCheck;
}

export type Execution =
  | { readonly outcome: 'succeeded'; readonly result: Result }
  | {
      readonly outcome: 'failed';
      readonly code: ErrorCode;
      readonly ran: Ran;
      /** The target's own words, masked, where the mask plan lets them be shown. */
      readonly message: string | null;
    }
  | { readonly outcome: 'unknown'; readonly code: ErrorCode; readonly message: string | null };

/** What became of a call whose gateway died: found out from the target, or unknown. A recovered success has no result. */
export interface Recovered {
  readonly outcome: 'succeeded' | 'failed' | 'unknown';
  readonly ran: Ran | null;
}

/** A text of an input, and the column it is written to. */
export interface PlacedText {
  readonly text: string;
  readonly column: Resource;
}

export interface Target {
  /**
   * Snapshots the raw input into this protocol's own form: plain frozen data.
   *
   * @throws {CountersignError} `wrong_protocol`, `malformed`, `too_large`.
   */
  parse(input: CallInput): Json;

  /**
   * Tells effects and lineage, without running anything.
   *
   * @throws {CountersignError} with the code of the denial: what can't be told is denied.
   */
  analyse(input: Json, signal: AbortSignal): Promise<Analysis>;

  /**
   * The texts of an input that it writes to a column as they stand. Absent where tokens are never put back.
   */
  placedTexts?(input: Json, signal: AbortSignal): Promise<readonly PlacedText[]>;
  /** The input with these tokens put back to their values, and still shown as it was; null where that can't be done. */
  putBack?(input: Json, values: ReadonlyMap<string, string>): Json | null;

  /**
   * What the approver sees. May reach the target (EXPLAIN, a trial), which then counts as an execution in the ledger.
   * `reachesTarget` says beforehand whether it will.
   *
   * @param wish Without one nothing is tried.
   * @throws {CountersignError} `schema_changed` where the analysis holds no longer; the signal's reason.
   */
  preview(input: Json, analysis: Analysis, signal: AbortSignal, wish?: PreviewWish): Promise<Preview>;
  previewReachesTarget(input: Json, analysis: Analysis): boolean;

  /** What this machine lacks, so that no call can run; null where it has it all. Said at the start. */
  cannotRun?(): string | null;

  /** Runs the call. Never throws: whatever happens is an {@link Execution}. */
  execute(input: Json, analysis: Analysis, context: ExecuteContext): Promise<Execution>;

  /**
   * Finds out what became of a call that had `started(evidence)` when its gateway died; ends it at the target first.
   *
   * @throws {CountersignError} `target_unavailable` where the target can't be asked now: to be tried again later, and
   * not to be taken for `unknown`.
   */
  recover(evidence: Json, signal: AbortSignal): Promise<Recovered>;

  /**
   * Whether the target can be reached now; for `/readyz` and `doctor`.
   *
   * @throws {CountersignError} `target_unavailable`.
   */
  ping(signal: AbortSignal): Promise<void>;

  /** Ends what runs as a stop would, with `shutting_down`, and resolves when no connection is left. May be called again. */
  close(): Promise<void>;
}
