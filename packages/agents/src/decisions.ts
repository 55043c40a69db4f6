/** What people decide of an application's calls, as it happens: for workers that go on with parked runs. */
import type { CallView } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import type { RunContextLike } from './sdk.ts';

/** How decisions are listened for. */
export interface OnOptions {
  /** What a token function is asked with; its `context` is what you give. */
  readonly runContext?: RunContextLike;
  /**
   * Called once at the beginning, and again should decisions have been missed: what is open then has to be looked at
   * anew. Decisions that come meanwhile are told after it.
   */
  readonly catchUp?: () => void | Promise<void>;
  /**
   * Told of what ended the listening (a token that no longer serves), or went wrong in a listener, which ends nothing.
   * Left out, it is an unhandled rejection.
   */
  readonly failed?: (error: unknown) => void;
}

/** Told of a call that people decided, or that expired or was cancelled, as it then stands. The next one waits for it. */
export type DecidedListener = (call: CallView) => void | Promise<void>;

/** Listens until the function that it returns is called. */
export function listenForDecisions(
  gateway: GatewayClient,
  listener: DecidedListener,
  { runContext = { context: undefined, usage: {} }, catchUp, failed }: OnOptions = {},
): () => void {
  const end = new AbortController();
  const { signal } = end;
  const client = gateway.clientFor(runContext);
  const guarded = async (told: () => void | Promise<void>): Promise<void> => {
    try {
      await told();
    } catch (error) {
      if (failed === undefined) throw error;
      failed(error);
    }
  };
  const listen = async (): Promise<void> => {
    let begun = false;
    for await (const followed of client.followCalls({ signal })) {
      if (signal.aborted) return;
      if (followed.kind === 'ready') {
        if ((!begun || followed.missed) && catchUp !== undefined) await guarded(catchUp);
        begun = true;
      } else if (followed.change.call !== null) {
        const { call } = followed.change;
        await guarded(async () => listener(await client.getCall(call, { signal })));
      }
    }
  };
  void listen().catch((error: unknown) => {
    if (signal.aborted) return;
    if (failed === undefined) throw error;
    failed(error);
  });
  return () => end.abort();
}
