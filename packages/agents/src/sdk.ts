/**
 * The parts of the SDK's objects that are used here, by shape. Never by class: an application may hold objects of the
 * SDK's other build (CommonJS beside ESM), whose classes are not the same.
 */

/** The SDK's run context. */
export interface RunContextLike<Context = unknown> {
  /** The application's own. */
  readonly context: Context;
  /** Its identity is the run's: nested agents and a resume in memory share it, another run has its own. */
  readonly usage: object;
}

export interface ToolLike {
  readonly type: string;
  readonly name: string;
}

export interface AgentLike {
  readonly name: string;
  readonly tools: readonly ToolLike[];
}

/** One thing a run waits for. */
export interface InterruptionLike {
  /** The model's own text; undefined for what is no function call. */
  readonly arguments: string | undefined;
  readonly agent: AgentLike;
  readonly rawItem: object;
}

/** The SDK's run state. */
export interface RunStateLike {
  readonly _context: RunContextLike;
  getInterruptions(): InterruptionLike[];
  approve(interruption: InterruptionLike): void;
  reject(interruption: InterruptionLike, options?: { message?: string }): void;
  /** Written down; throws where the run's context can't be. */
  toString(): string;
}

/** The SDK's run result, streamed or not. */
export interface RunResultLike {
  readonly state: RunStateLike;
  readonly interruptions: readonly InterruptionLike[];
}

/** Of an interruption's raw item, what a function call has. */
export interface FunctionCallLike {
  readonly callId: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** The function call behind an interruption; null for any other kind of item. */
export function functionCallOf({ rawItem }: InterruptionLike): FunctionCallLike | null {
  const item: {
    readonly type?: unknown;
    readonly callId?: unknown;
    readonly name?: unknown;
    namespace?: unknown;
  } = rawItem;
  if (item.type !== 'function_call' || typeof item.callId !== 'string' || typeof item.name !== 'string')
    return null;
  const { callId, name, namespace } = item;
  return { callId, name, namespace: typeof namespace === 'string' ? namespace : undefined };
}
