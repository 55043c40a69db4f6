/** An application in CommonJS. Says what it found as one line of JSON. */
import { join } from 'node:path';

import agents = require('@countersign/agents');
import client = require('@countersign/client');
import core = require('@countersign/core');
import gateway = require('@countersign/gateway');
import policy = require('@countersign/policy');
import postgres = require('@countersign/postgres');
import testing = require('@countersign/testing');
import sdk = require('@openai/agents');
import models = require('@openai/agents/testing');

const { guardedTool, resumeWhenDecided } = agents;
const runner = new sdk.Runner({ tracingDisabled: true });

async function main() {
  const approver = testing.scriptedApprover([testing.reject('Photos first.')]);
  const tested = await testing.testGateway({
    config: join(__dirname, '../node_modules/@countersign/cli/examples/shop/countersign.yaml'),
    agent: { name: 'support', groups: ['agents'] },
    databases: { 'shop-db': { seed: 'shop.sql' } },
    approver,
  });
  try {
    const model = new models.ScriptedModel([
      [models.functionCall('shop_db_query', { sql: 'DELETE FROM orders' }, { callId: 'c1' })],
      [models.assistantMessage('I could not.')],
    ]);
    const tool = guardedTool({ gateway: tested, sql: 'shop-db' });
    const agent = new sdk.Agent({ name: 'Support', model, tools: [tool] });
    const paused = await runner.run(agent, 'Clean up');
    const result = await resumeWhenDecided(agent, paused, {
      gateway: tested,
      resume: (state) => runner.run(agent, state),
    });
    approver.assertComplete();
    const found = {
      tool: [tool.type, tool.name],
      final: result.finalOutput,
      states: (await tested.calls()).map(({ states }) => states.at(-1)),
      error: new core.CountersignError('stopped') instanceof agents.CountersignError,
      functions: [client.createClient, gateway.startGateway, policy.decide, postgres.createAnalyser].map(
        (made) => typeof made,
      ),
    };
    console.log(JSON.stringify(found));
  } finally {
    await tested.close();
  }
}

void main();
