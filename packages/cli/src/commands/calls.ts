/** `countersign calls`: closing a call whose outcome stayed open. */
import { type CallId, callIdSchema, settleRequestSchema } from '@countersign/core';
import { type AddCommand, type CommonOptions, commandGroup, parseId, withCommonOptions } from '../options.ts';
import { operatorClient } from '../reach-gateway.ts';

interface SettleOptions extends CommonOptions {
  readonly reason: string;
}

export const addCalls: AddCommand = (program, host) => {
  const calls = commandGroup(program, 'calls', 'close calls of which nobody knows whether they took effect');
  const settle = calls
    .command('settle')
    .description('say what became of a call whose outcome is unknown; the same call may then be made again')
    .argument('<id>', 'the call’s id, as the record shows it: call_…', parseId(callIdSchema))
    .requiredOption(
      '--reason <text>',
      'what you found out; the record keeps it',
      parseId(settleRequestSchema.shape.reason),
    );
  withCommonOptions(settle).action(async (id: CallId) => {
    const options = settle.opts<SettleOptions>();
    const client = await operatorClient(host, options);
    await client.settleCall(id, { reason: options.reason }, { signal: host.signal });
    if (options.json === true) await host.terminal.out.line(JSON.stringify({ id, settled: true }));
    await host.terminal.err.line(`${id} is settled.`);
  });
};
