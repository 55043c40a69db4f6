/** Asks the agent, and ends: a run that has to wait for people is parked. `node ask.ts "Refund order 1042"` */
import { gatewayClient } from '@countersign/agents';
import { runner, supportAgent } from './support.ts';

const [, , asked = 'Refund order 1042'] = process.argv;
const gateway = gatewayClient();
const result = await runner.run(supportAgent(gateway), asked);
if (result.interruptions.length > 0) console.log(`parked ${await gateway.park(result)}`);
else console.log(String(result.finalOutput));
