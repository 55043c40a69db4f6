/** What policy is asked. */
import type { Effect, Lineage, Principal, ProtocolName } from '@countersign/core';

/** What policy is asked: who would do what, and where. */
export interface Question {
  readonly principal: Principal;
  readonly connection: {
    readonly name: string;
    readonly protocol: ProtocolName;
    readonly labels: Readonly<Record<string, string>>;
  };
  /** All that the call would do, indirect effects included. */
  readonly effects: readonly Effect[];
  readonly lineage: Lineage;
  /** Whether an earlier write with the same input is unknown, or finished and never fetched. */
  readonly earlierOutcomeOpen?: boolean;
  /** Rows it changes, or returns where it only reads; null where that can't be told, absent where nobody looked. */
  readonly rows?: number | null;
}
