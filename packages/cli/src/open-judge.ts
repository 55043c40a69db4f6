/** Which judge answers: the file's own engine for `--as`, a live gateway for a token. */
import { reviewToken } from '@countersign/policy';
import { engineJudge } from './engine-judge.ts';
import { gatewayJudge } from './gateway-judge.ts';
import type { Judge } from './judge.ts';
import { type CallerName, type CommonOptions, defaultFile, type Host } from './options.ts';
import { loadPolicyFile } from './policy-file.ts';
import { callerClient } from './reach-gateway.ts';
import { printable } from './terminal/printable.ts';
import { withProgress } from './terminal/progress.ts';
import { UsageError } from './usage-error.ts';

export interface JudgeChoice extends CommonOptions {
  readonly as?: CallerName;
  readonly group?: readonly string[];
}

/** @throws {UsageError} for `--as` with a gateway: there a token says who asks, nothing else. */
export async function openJudge(host: Host, options: JudgeChoice): Promise<Judge> {
  const { as: caller, group: groups = [], gateway, config = defaultFile } = options;
  if (caller === undefined) {
    if (groups.length > 0) throw new UsageError('--group without --as', '--as agent:NAME');
    return gatewayJudge(await callerClient(host, options));
  }
  if (gateway !== undefined)
    throw new UsageError('--as with --gateway', 'one of them: a gateway knows who asks from the token');
  const file = await loadPolicyFile(host, config);
  const { err } = host.terminal;
  for (const warning of reviewToken(file.policy, { ...caller, groups, owner: null, onBehalfOf: null }))
    await err.line(`${err.paint('yellow', 'warning')} ${printable(warning)}`);
  return await withProgress(host.terminal, 'Opening the policy', () => engineJudge({ file, caller, groups }));
}
