/** Preloaded into a process: `@openai/agents` is then the version that the environment names, for everything in it. */
import { registerHooks } from 'node:module';

const sdk = process.env['COUNTERSIGN_TEST_SDK'] ?? '@openai/agents';

registerHooks({
  resolve: (specifier, context, next) =>
    /^@openai\/agents(\/|$)/.test(specifier)
      ? next(specifier.replace('@openai/agents', sdk), { ...context, parentURL: import.meta.url })
      : next(specifier, context),
});
