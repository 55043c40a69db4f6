/** `countersign policy`: read the file again, and try it on cases. */
import { type AddCommand, type CommonOptions, commandGroup, withCommonOptions } from '../options.ts';
import { operatorClient } from '../reach-gateway.ts';
import { printable } from '../terminal/printable.ts';
import { addPolicyTest } from './policy-test.ts';

export const addPolicy: AddCommand = (program, host) => {
  const policy = commandGroup(program, 'policy', 'test the policy file, and have the gateway read it again');
  addPolicyTest(policy, host);
  const reload = policy
    .command('reload')
    .description('have the gateway read its policy file again; an invalid one changes nothing');
  withCommonOptions(reload).action(async () => {
    const options = reload.opts<CommonOptions>();
    const view = await (await operatorClient(host, options)).reloadPolicy({ signal: host.signal });
    const { out, err } = host.terminal;
    if (options.json === true) return await out.line(JSON.stringify(view, null, 2));
    await out.line(`version ${view.version}, ${view.rules.length} rules`);
    for (const warning of view.warnings)
      await err.line(`${err.paint('yellow', 'warning')} ${printable(warning)}`);
  });
};
