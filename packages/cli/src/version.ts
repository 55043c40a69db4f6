import { readFileSync } from 'node:fs';

const { version: own, engines } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string; readonly engines: { readonly node: string } };

/** The version of this package. */
export const version: string = own;

/** The oldest Node that this package runs on, as in `22.19`. */
export const oldestNode: string = engines.node.replace(/^>=/, '');
