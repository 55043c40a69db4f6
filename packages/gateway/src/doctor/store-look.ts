import type { Finding } from '@countersign/core';

/** What is known of a store after looking at it. */
export interface StoreLook {
  readonly findings: readonly Finding[];
  /** Whether a gateway has written to it, with keys of its own. */
  readonly used: boolean;
}
