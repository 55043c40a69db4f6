/** What a careful reader would say of a policy file that loads: what it means is not always what it says. */
import type { Finding } from '@countersign/core';
import type { LoadedFile } from '../policy.ts';
import { reviewApprovers } from './approvers.ts';
import { idleRulesAndMasks } from './idle.ts';
import { shadowedRules } from './shadowed.ts';
import { unspokenConnections } from './unspoken.ts';

/** Pure: what can be told from the file alone. Its warnings of the load are not repeated. */
export function reviewPolicy(file: LoadedFile): readonly Finding[] {
  return [
    ...idleRulesAndMasks(file),
    ...shadowedRules(file),
    ...unspokenConnections(file),
    ...reviewApprovers(file),
  ];
}
