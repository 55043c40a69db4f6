/**
 * A GET of a small JSON as a guarded call (submit and execute; policy, masks and ledger on) against the same GET by
 * undici, in one run, at 1 and at 32 callers; and the gateway's own part of the way there: the address that is looked at,
 * the credential, the answer that is read and masked.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/guarded-get.ts memory|postgres [rounds]
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type MaskPlan, newId, noMasks } from '@countersign/core';
import { parsePolicyFile } from '@countersign/policy';
import { startPostgres } from '@countersign/testing';
import { Pool } from 'undici';
import { makeMasker } from '../../packages/gateway/src/masking/masker.ts';
import { http } from '../../packages/gateway/src/protocols/http/index.ts';
import { systemRuntime } from '../../packages/gateway/src/runtime/runtime.ts';
import { rules, startHarness } from '../gateway/harness.ts';
import { inTurns, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const rounds = Number(process.argv[3] ?? 5);
const path = '/v1/invoices/42';

// On a thread of its own, as a server is on a machine of its own.
const worker = new Worker(
  `const { createServer } = require('node:http');
   const body = JSON.stringify({ id: 42, customer: { name: 'Priya Raman', email: 'priya@example.com' }, total: 19.99,
     lines: Array.from({ length: 10 }, (_, n) => ({ n, text: 'a line of the invoice', price: n * 1.5 })) });
   const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(body));
   server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`,
  { eval: true },
);
const [port] = (await once(worker, 'message')) as [number];
const url = `http://127.0.0.1:${port}`;
const env = { API_URL: url, API_TOKEN: 'a-token-of-the-api' };
const policy = `${rules.replace(
  'connections:',
  `connections:
  api: { protocol: http, base_url: "\${API_URL}", auth: { bearer: "\${API_TOKEN}" }, allow_addresses: [127.0.0.1] }`,
)}
masks:
  - { detect: [email, credit_card, secret], with: redact }
`;

const storeServer = on === 'postgres' ? await startPostgres({ shared: false }) : null;
// So many requests in a minute would be one principal's limit.
const rateLimits = { perPrincipal: 10_000_000 };
const harness = await startHarness({ on, policy, storeServer, env, rateLimits });
const pool = new Pool(url, { connections: 32 });
const alone = protocolAlone();
try {
  const agent = await harness.agent();
  let calls = 0;
  const guarded = async () => {
    calls++;
    const key = { run: 'load', tool: 'api_request', call: `call-${calls}` };
    const call = await agent.submitCall({ connection: 'api', input: { method: 'GET', path }, ...key });
    const done = await agent.executeCall(call.id, { input_digest: call.input_digest });
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
  };
  const direct = async () => {
    const { body } = await pool.request({ method: 'GET', path, headers: { authorization: 'Bearer x' } });
    await body.text();
  };
  const requests = async () => {
    await agent.listConnections();
    await agent.listConnections();
  };
  const what = { direct, guarded, protocol: alone.run, requests };
  for (const one of Object.values(what)) await warmUp(300, one);
  for (const callers of [1, 32]) {
    const { direct, guarded, protocol, requests } = await inTurns(rounds, callers, what);
    const ratio = ({ perSecond }: typeof direct) => (perSecond / direct.perSecond).toFixed(3);
    print(
      `${on}, ${callers} callers: guarded ${guarded.perSecond.toFixed(0)}/s, undici ${direct.perSecond.toFixed(0)}/s, ` +
        `ratio ${ratio(guarded)}; the protocol alone ${ratio(protocol)}, two requests that do nothing ${ratio(requests)}`,
    );
    print(
      `  medians: guarded ${guarded.medianMs.toFixed(2)} ms, undici ${direct.medianMs.toFixed(2)} ms, ` +
        `the protocol alone ${protocol.medianMs.toFixed(2)} ms, two requests ${requests.medianMs.toFixed(2)} ms`,
    );
  }
} finally {
  await pool.close();
  await alone.close();
  await harness.close();
  await storeServer?.stop();
  await worker.terminate();
}

/** What the gateway does of a call beside deciding and recording it: judged, sent, read, masked. */
function protocolAlone(): { readonly run: () => Promise<void>; readonly close: () => Promise<void> } {
  const variables = { ...env, BANK_URL: 'postgres://bank.invalid/bank' };
  const { connections } = parsePolicyFile(policy, {
    file: 'countersign.yaml',
    directory: '.',
    env: variables,
  });
  const connection = connections.get('api');
  if (connection === undefined) throw new Error('no connection');
  const target = http.connect(connection, systemRuntime);
  const masks: MaskPlan = {
    ...noMasks,
    columns: [null],
    detectors: [{ with: 'redact', detect: ['email', 'credit_card', 'jwt'], names: [], domain: 'd' }],
  };
  const { signal } = new AbortController();
  const masker = makeMasker(masks, { secret: new Uint8Array(32), principal: 'agent:load', run: 'load' });
  return {
    run: async () => {
      const input = target.parse({ method: 'GET', path });
      const { outcome } = await target.execute(input, await target.analyse(input, signal), {
        call: newId('call'),
        limits: connection.limits,
        masks,
        masker,
        started: async () => undefined,
        signal,
      });
      if (outcome !== 'succeeded') throw new Error(outcome);
    },
    close: () => target.close(),
  };
}
