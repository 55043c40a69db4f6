/** The calls of a test, read back from the gateway's ledger. */
import {
  type CallId,
  type CallState,
  callStateSchema,
  eventSchema,
  type LedgerEvent,
  type LedgerLine,
} from '@countersign/core';

/** A call, as the ledger tells it. */
export interface RecordedCall {
  readonly id: CallId;
  readonly connection: string;
  /** The tool's name. */
  readonly tool: string;
  /** The SDK's id of the call. */
  readonly call: string;
  readonly run: string;
  /** Every state it went through, in order. */
  readonly states: readonly CallState[];
  /** Whether it was claimed: whether anything of it can have reached the target. */
  readonly executed: boolean;
}

export function eventsIn(lines: readonly LedgerLine[]): readonly LedgerEvent[] {
  return lines.flatMap((line) => ('event' in line ? [eventSchema.parse(JSON.parse(line.event))] : []));
}

export function callsIn(events: readonly LedgerEvent[]): readonly RecordedCall[] {
  const byCall = Map.groupBy(
    events.filter(({ type, call }) => call !== null && type.startsWith('call.')),
    ({ call }) => call as CallId,
  );
  return [...byCall].map(([id, own]) => {
    const [first] = own;
    const states = own.flatMap(
      ({ type }) => callStateSchema.safeParse(type.slice('call.'.length)).data ?? [],
    );
    return {
      id,
      connection: text(first, 'connection'),
      tool: text(first, 'tool'),
      call: text(first, 'sdkCall'),
      run: first?.run ?? '',
      states,
      executed: states.includes('claimed'),
    };
  });
}

function text(event: LedgerEvent | undefined, key: string): string {
  const value = event?.data[key];
  return typeof value === 'string' ? value : '';
}
