/** All commands, in the order in which `--help` lists them. */
import type { AddCommand } from '../options.ts';

export const commands: readonly AddCommand[] = [];
