/** What a careful reader would say of a policy file that loads: what it means is not always what it says. */
import type { Finding } from '@countersign/core';
import type { LoadedFile } from '../policy.ts';
import { reviewApprovers } from './approvers.ts';
import { idleRulesAndMasks } from './idle.ts';
import { shadowedRules } from './shadowed.ts';
import { unspokenConnections } from './unspoken.ts';

/**
 * Looks for what a file says and can't mean: rules and masks that never match or that a stricter rule always outdoes,
 * connections that no rule speaks of, asks that nobody can answer. Pure; the warnings of the load are not repeated.
 */
export function reviewPolicy(file: LoadedFile): readonly Finding[] {
  return [
    ...idleRulesAndMasks(file),
    ...shadowedRules(file),
    ...unspokenConnections(file),
    ...reviewApprovers(file),
  ];
}
