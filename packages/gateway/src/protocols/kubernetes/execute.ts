/**
 * Runs a call: a kubectl against our endpoint, which holds it to the effects that were decided. Whatever kubectl comes to
 * by itself is an answer, with its exit code. A write that went out and whose answer nobody saw is `unknown`.
 */
import { CountersignError, effectInShort, type Json, type KubectlResult } from '@countersign/core';
import { within } from '../../runtime/within.ts';
import type { Analysis, ExecuteContext, Execution, Measured, Measuring, TargetRequest } from '../protocol.ts';
import { kindsOf, reliedOn } from './effects.ts';
import { type ApiEvent, type Endpoint, openEndpoint } from './endpoint.ts';
import type { KubectlCall } from './input.ts';
import { canBeLookedAt, effectOf, lookAt } from './objects-there.ts';
import { findProgram } from './program.ts';
import type { Reach } from './reach.ts';
import { type KubectlEnd, runKubectl } from './run-kubectl.ts';

/** How a call went, as far as the endpoint saw it. */
interface Progress {
  endpoint: Pick<Endpoint, 'refused' | 'writes'>;
  /** Whether a request got no answer from the cluster. */
  unanswered: boolean;
}

/** Never throws: whatever happens is an {@link Execution}. */
export async function execute(
  reach: Reach,
  call: KubectlCall,
  analysis: Analysis,
  context: ExecuteContext,
): Promise<Execution> {
  const progress: Progress = { endpoint: nothingSent, unanswered: false };
  const message = (text: string | null) => (text === null ? null : context.masker.message(text));
  try {
    const ended = await within(reach.runtime, context.limits.timeoutMs, (late) => {
      const signal = AbortSignal.any([late, context.signal, reach.closing]);
      return run(reach, call, analysis, context, signal, progress);
    });
    const { writes, refused } = progress.endpoint;
    if (writes.sent > writes.answered) return unknown;
    if (refused !== null)
      return {
        outcome: 'failed',
        code: 'beyond_effects',
        ran: writes.accepted > 0 ? 'maybe_outside' : 'no',
        message: message(`${refused.method} ${refused.path}: ${refused.why}`),
      };
    if (ended.exitCode === null) throw new CountersignError('target_error', { what: 'kubectl was ended' });
    if (ended.exitCode !== 0 && progress.unanswered && writes.sent === 0)
      throw new CountersignError('target_unavailable');
    return { outcome: 'succeeded', result: resultOf(ended, ended.exitCode, context) };
  } catch (thrown) {
    // What had gone out before it ended is there, or may be.
    if (progress.endpoint.writes.sent > 0) return unknown;
    const { code, details } = asError(thrown);
    return { outcome: 'failed', code, ran: 'no', message: message(details.what ?? null) };
  }
}

const nothingSent = { refused: null, writes: { sent: 0, answered: 0, accepted: 0 } };
const unknown: Execution = Object.freeze({ outcome: 'unknown', code: 'outcome_unknown', message: null });

async function run(
  reach: Reach,
  call: KubectlCall,
  analysis: Analysis,
  context: ExecuteContext,
  signal: AbortSignal,
  progress: Progress,
): Promise<KubectlEnd> {
  const { cluster, runtime, settings } = reach;
  const program = findProgram(settings.unconfined);
  if (
    context.effect !== undefined &&
    !(await context.effect.holds(await measured(reach, analysis, context.effect, signal)))
  )
    throw new CountersignError('effect_drift');
  const { command, namespace, kinds } = reliedOn(analysis);
  await reach.kinds.compare(kinds ?? []);
  let started: Promise<void> | undefined;
  runtime.reached('read.before');
  const endpoint = await openEndpoint({
    cluster,
    runtime,
    effects: analysis.effects,
    kinds: kindsOf(analysis),
    masker: context.masker,
    limits: { lifetimeMs: context.limits.timeoutMs },
    beforeWrite: () => (started ??= context.started(evidence)),
    onRequest: (event) => {
      if (event.status === null && event.refused === null) progress.unanswered = true;
      if (event.verb !== 'discover') context.requested?.(recordOf(event));
    },
    signal,
  });
  progress.endpoint = endpoint;
  try {
    const ended = await runKubectl({
      program,
      call,
      endpoint,
      namespace,
      needsPrograms: command === 'diff',
      maxBytes: context.limits.bytes,
      signal,
    });
    signal.throwIfAborted();
    return ended;
  } finally {
    await endpoint.close();
    runtime.reached('read.after');
  }
}

/** The objects as they are now. They could become others in the moment before kubectl asks for them. */
async function measured(
  reach: Reach,
  analysis: Analysis,
  measuring: Measuring,
  signal: AbortSignal,
): Promise<Measured> {
  const found = canBeLookedAt(analysis) ? await lookAt(reach, analysis, signal) : '';
  if (typeof found === 'string') return { rows: null, effect: null };
  return { rows: found.length, effect: effectOf(found, measuring) };
}

/** There is nobody who could be asked later what became of a kubectl. */
const evidence: Json = { version: 1 };

/** A digest of what a command wrote would confirm a guess of it: it is sealed, too. */
const recordOf = ({
  verb,
  effects,
  subresource,
  dryRun,
  status,
  refused,
  stream,
}: ApiEvent): TargetRequest => ({
  data: { verb, subresource, dryRun, status, refused: refused !== null },
  about: [
    ...effects.map(effectInShort),
    ...(refused === null ? [] : [refused]),
    ...(stream === undefined ? [] : [JSON.stringify(stream)]),
  ].join('\n'),
});

/** What of an output that was cut may be the beginning of a value that no detector knows by its beginning. UTF-16 units. */
const cutTail = 8192;

function resultOf(
  { stdout, stderr, truncated }: KubectlEnd,
  exitCode: number,
  { masker }: ExecuteContext,
): KubectlResult {
  const shown = (bytes: Buffer, index: number) => {
    const text = masker.cell(index, bytes.toString('utf8')) ?? '';
    return truncated && masker.touches(index) ? text.slice(0, -Math.min(cutTail, text.length >> 1)) : text;
  };
  return { stdout: shown(stdout, 0), stderr: shown(stderr, 1), exit_code: exitCode, truncated };
}

/** What ends it from outside has a code of its own; a clock that ran out is `timed_out`. */
function asError(thrown: unknown): CountersignError {
  if (thrown instanceof CountersignError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError')
    return new CountersignError('timed_out');
  if (thrown instanceof DOMException && thrown.name === 'AbortError')
    return new CountersignError('cancelled');
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  // The system's own: the program may not be run, or there is no room for its folder.
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code))
    return new CountersignError('not_supported', { what: `kubectl can’t be started (${code})` });
  return new CountersignError('internal', {}, { cause: thrown });
}
