/** Runs a call: as a read where it can change nothing, else as a write. */
import type { Analysis, ExecuteContext, Execution } from '../protocol.ts';
import { isRead, planOf } from './effects.ts';
import { failed } from './failure.ts';
import type { PostgresInput } from './input.ts';
import type { Reach } from './reach.ts';
import { executeRead } from './read.ts';
import { executeWrite } from './write.ts';

/** Never throws: whatever happens is an {@link Execution}. */
export async function execute(
  reach: Reach,
  input: PostgresInput,
  analysis: Analysis,
  context: ExecuteContext,
): Promise<Execution> {
  try {
    const plan = planOf(analysis, input);
    return isRead(plan)
      ? await executeRead(reach, input, analysis, plan, context)
      : await executeWrite(reach, input, analysis, plan, context);
  } catch (error) {
    return failed(error, 'no', { readOnly: true, wall: false }, context);
  }
}
