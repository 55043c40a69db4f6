/** A paused run's state as text, where it can go on from the text as it would from memory. */
import { CountersignError } from '@countersign/core';
import type { GatewayClient } from './gateway-client.ts';
import type { RunResultLike } from './sdk.ts';

export interface WrittenState {
  readonly state: string;
  /** The state's own `$schemaVersion`. */
  readonly schemaVersion: string;
}

/**
 * @param run The run's id; a state that is read back has to lead to the same one, else its calls would be other calls.
 * @throws {CountersignError} `not_parkable`.
 */
export function writtenState(gateway: GatewayClient, result: RunResultLike, run: string): WrittenState {
  if (result.interruptions.length === 0) throw notParkable('it waits for nothing', 'a run that is paused');
  let state: string;
  let written: { readonly $schemaVersion?: unknown; readonly context?: { readonly context?: unknown } };
  try {
    state = result.state.toString();
    written = JSON.parse(state) as typeof written;
  } catch (cause) {
    throw notParkable('its state cannot be written down', plainContext, cause);
  }
  const { $schemaVersion: schemaVersion, context } = written;
  if (typeof schemaVersion !== 'string')
    throw notParkable('its state has no $schemaVersion', 'a state of @openai/agents');
  if (idReadBack(gateway, context?.context) !== run)
    throw notParkable('its context does not keep the run’s id when it is written down', plainContext);
  return { state, schemaVersion };
}

const plainContext =
  'a context that is a plain object of JSON values and not frozen, or the option runId, which finds the id in it';

function idReadBack(gateway: GatewayClient, context: unknown): string | null {
  try {
    return gateway.runIdOf({ context, usage: {} });
  } catch {
    // The application's own function.
    return null;
  }
}

function notParkable(what: string, expected: string, cause?: unknown): CountersignError {
  return new CountersignError('not_parkable', { what, expected }, { cause });
}
