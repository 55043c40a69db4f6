/** Judges through a live gateway, with the token of an agent or a service: recorded and limited like any call of theirs. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@countersign/client';
import type { CallView, ExecuteView } from '@countersign/core';
import type { Judge, JudgedCall, Judgement, RunJudgement } from './judge.ts';

/** Seconds one long poll waits. */
const pollSeconds = 30;
/** Milliseconds between two looks at a call that runs. */
const lookAgainMs = 500;

export function gatewayJudge(client: Client): Judge {
  const run = `cli_${randomUUID()}`;

  const submit = async ({ connection, input, purpose }: JudgedCall, signal: AbortSignal): Promise<CallView> =>
    await client.submitCall(
      {
        connection,
        input,
        run,
        tool: 'countersign_run',
        call: randomUUID(),
        ...(purpose === null ? {} : { purpose }),
      },
      { signal },
    );

  const explain = async ({ connection, input }: JudgedCall, signal: AbortSignal): Promise<Judgement> => {
    const { effects, rules, masks, ...told } = await client.explain({ connection, input }, { signal });
    return {
      ...told,
      ...(effects === undefined ? {} : { effects: effects as NonNullable<Judgement['effects']> }),
      ...(rules === undefined ? {} : { rules }),
      ...(masks === undefined ? {} : { masks }),
    };
  };

  return {
    explain,
    run: async (call, signal, waiting) => {
      if (waiting === undefined) {
        // Asked first, so that a call which would wait is never made and nobody is paged for it.
        const judgement = await explain(call, signal);
        if (judgement.decision !== 'allow') return notExecuted(judgement);
      }
      const submitted = await submit(call, signal);
      const decided =
        submitted.state === 'waiting' && waiting !== undefined
          ? await waitForVote(client, submitted, signal, waiting)
          : submitted;
      // Executing a call that still waits cancels it.
      if (!['allowed', 'approved', 'waiting'].includes(decided.state)) return notExecuted(decided);
      return executed(decided, await execute(client, decided, signal));
    },
    connections: async (signal) =>
      (await client.listConnections({ signal })).connections.map(({ name }) => name),
    close: async () => {},
  };
}

async function waitForVote(
  client: Client,
  submitted: CallView,
  signal: AbortSignal,
  waiting: (call: CallView) => Promise<void>,
): Promise<CallView> {
  await waiting(submitted);
  try {
    let call = submitted;
    while (call.state === 'waiting') call = await client.getCall(call.id, { wait: pollSeconds, signal });
    return call;
  } catch (thrown) {
    // Nobody is going to use the vote any more. Where the gateway can't be told, the call ends by its own clocks.
    await client.cancelCall(submitted.id).catch(() => null);
    throw thrown;
  }
}

async function execute(
  client: Client,
  { id, input_digest }: CallView,
  signal: AbortSignal,
): Promise<ExecuteView> {
  for (;;) {
    const view = await client.executeCall(id, { input_digest }, { signal });
    if (view.outcome !== 'in_progress') return view;
    // It was claimed elsewhere, so waiting for a decision would answer at once.
    await sleep(lookAgainMs, undefined, { signal });
  }
}

function notExecuted({ decision, code, reason, ...told }: Judgement): RunJudgement {
  const { effects, rules, masks } = told;
  return {
    decision,
    code,
    reason,
    ...(effects === undefined ? {} : { effects }),
    ...(rules === undefined ? {} : { rules }),
    ...(masks === undefined ? {} : { masks }),
    outcome: 'not_executed',
    error: { code, message: reason },
  };
}

/** Decision, code and reason are those under which it ran; the call's own tell how that ended. */
function executed(decided: CallView, { call, outcome, result, error }: ExecuteView): RunJudgement {
  const { decision, code, reason } = outcome === 'not_executed' ? call : decided;
  return {
    decision,
    code,
    reason,
    outcome: outcome === 'in_progress' ? 'unknown' : outcome,
    ...(result === null ? {} : { result }),
    ...(error === null ? {} : { error: { code: error.code, message: error.message } }),
  };
}
