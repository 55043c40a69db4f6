/** What a request would do, told from the policy file alone: for its tests. */
import { type CallInput, CountersignError, type Effect, type Lineage } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import { systemRuntime } from '../../runtime/runtime.ts';
import { http } from './index.ts';

/**
 * Analyses a request as the connection's gateway would, without a server and without a look-up.
 *
 * @throws {CountersignError} with the code of the denial; `wrong_protocol` for a connection that is none of HTTP.
 */
export async function requestAnalysis(
  connection: ConnectionConfig,
  input: CallInput,
): Promise<{ readonly effects: readonly Effect[]; readonly lineage: Lineage }> {
  if (connection.protocol !== 'http')
    throw new CountersignError('wrong_protocol', { expected: `a call of ${connection.protocol}` });
  const target = http.connect(connection, systemRuntime);
  try {
    return await target.analyse(target.parse(input), new AbortController().signal);
  } finally {
    await target.close();
  }
}
