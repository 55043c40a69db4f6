/** A connection's target, looked at by its protocol. */
import { CountersignError, problem, warning } from '@countersign/core';
import { type ConnectionConfig, hiddenColumns, type Policy } from '@countersign/policy';
import { protocols } from '../protocols/index.ts';
import type { Inspection } from '../protocols/protocol.ts';
import { type Runtime, systemRuntime } from '../runtime/runtime.ts';

/**
 * Looks at a target within five seconds, and tries its wall where the policy is given. What can't be reached, or can't work, is a finding.
 *
 * @throws The signal's reason where it aborts.
 */
export async function inspectTarget(
  config: ConnectionConfig,
  signal: AbortSignal,
  runtime: Runtime = systemRuntime,
  policy: Policy | null = null,
): Promise<Inspection> {
  const nothing = { columns: null, wallReads: null };
  const protocol = protocols.get(config.protocol);
  if (protocol === undefined)
    return {
      ...nothing,
      findings: [
        warning(
          'target.protocol',
          `this version does not speak ${config.protocol}: every call on the connection is denied`,
          'Use a version that does, or remove the connection.',
        ),
      ],
    };
  try {
    const isHidden = policy === null ? undefined : hiddenColumns(policy, config);
    return await protocol.inspect(config, runtime, signal, isHidden);
  } catch (thrown) {
    if (!(thrown instanceof CountersignError) || thrown.code !== 'config_invalid') throw thrown;
    const { what = 'its settings', expected = 'other settings' } = thrown.details;
    return {
      ...nothing,
      findings: [problem('target.settings', `${what} can’t work`, `Expected: ${expected}.`)],
    };
  }
}
