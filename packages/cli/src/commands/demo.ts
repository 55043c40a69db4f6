/** `countersign demo` */
import { type AddCommand, withoutEffect, withoutGateway } from '../options.ts';

export const addDemo: AddCommand = (program, host) => {
  const command = program
    .command('demo')
    .summary('watch the whole loop in under a minute: no policy file, no keys, no servers')
    .description(
      'Plays the whole loop in this terminal: an agent asks, a person decides, a PostgreSQL runs it, the record tells it. All of it is embedded, and thrown away at the end. It takes under a minute, and no options.',
    );
  withoutEffect(command, '-c, --config <file>', '--json');
  withoutGateway(command, 'the demo brings a gateway and a policy of its own').action(async () => {
    const { demo } = await import('../demo/demo.ts');
    await demo(host);
  });
};
