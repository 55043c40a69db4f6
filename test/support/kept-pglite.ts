/** Preloaded into a process that a test starts: PGlite there is as tests load it, and a new store takes no initdb. */
import { registerHooks } from 'node:module';

const kept = new URL('pglite.js', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@electric-sql/pglite' ? { url: kept, shortCircuit: true } : next(specifier, context),
});
