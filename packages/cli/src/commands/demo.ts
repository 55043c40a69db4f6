/** `countersign demo` */
import { type AddCommand, withCommonOptions } from '../options.ts';

export const addDemo: AddCommand = (program, host) => {
  const command = program
    .command('demo')
    .description('the whole loop on embedded parts, no keys, no servers: under a minute');
  withCommonOptions(command).action(async () => {
    const { demo } = await import('../demo/demo.ts');
    await demo(host);
  });
};
