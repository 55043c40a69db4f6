/** An application in ESM, as one would write it after reading the README. Says what it found as one line of JSON. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CountersignError, gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';
import { createClient } from '@countersign/client';
import { errorTable, isErrorCode } from '@countersign/core';
import { openExplainer } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { createAnalyser, supportedMajors } from '@countersign/postgres';
import { approve, scriptedApprover, testGateway } from '@countersign/testing';
import { Agent, Runner } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';

const runner = new Runner({ tracingDisabled: true });

/** The policy and the database of the demo, as they come with the command. */
const shop = new URL('../node_modules/@countersign/cli/examples/shop/', import.meta.url);

const approver = scriptedApprover([approve()]);
await using gateway = await testGateway({
  config: new URL('countersign.yaml', shop),
  agent: { name: 'support', groups: ['agents'] },
  databases: { 'shop-db': { seed: 'shop.sql' } },
  approver,
});
const model = new ScriptedModel([
  [
    functionCall(
      'shop_db_query',
      { sql: "UPDATE orders SET status = 'refunded' WHERE id = 1042" },
      { callId: 'c1' },
    ),
  ],
  // A text beyond 8 KB is parsed by a worker: its file has to be found where it was installed.
  [
    functionCall(
      'shop_db_query',
      { sql: `SELECT status FROM orders WHERE id IN (${'1042, '.repeat(2000)}1)` },
      { callId: 'c2' },
    ),
  ],
  [assistantMessage('Refunded.')],
]);
const agent = new Agent({ name: 'Support', model, tools: [guardedTool({ gateway, sql: 'shop-db' })] });
const paused = await runner.run(agent, 'Refund order 1042');
const pending = gateway.pending(paused).map(({ tool, connection }) => `${tool} on ${connection}`);
const result = await resumeWhenDecided(agent, paused, {
  gateway,
  resume: (state) => runner.run(agent, state),
});
approver.assertComplete();

let refused = 'nothing';
try {
  gatewayClient({ url: 'http://gateway.example', token: 'none' });
} catch (error) {
  if (error instanceof CountersignError) refused = error.code;
}

const require = createRequire(import.meta.url);
console.log(
  JSON.stringify({
    pending,
    final: result.finalOutput,
    states: (await gateway.calls()).map(({ states }) => states.at(-1)),
    refused,
    codes: Object.keys(errorTable).every(isErrorCode),
    functions: [createClient, openExplainer, parsePolicyFile, createAnalyser].map((made) => typeof made),
    majors: supportedMajors,
    // The application's SDK is the one that the packages use.
    sameSdk:
      realpathSync(require.resolve('@openai/agents')) ===
      realpathSync(
        createRequire(realpathSync(new URL('../node_modules/@countersign/agents', import.meta.url))).resolve(
          '@openai/agents',
        ),
      ),
  }),
);
