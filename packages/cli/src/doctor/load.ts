/** The policy file, as far as it can be used, and what is wrong with it. */
import { asCountersignError, type Finding, fine, problem, warning } from '@countersign/core';
import { type LoadedFile, PolicyFileError, problemLine } from '@countersign/policy';
import type { Host } from '../options.ts';
import { loadPolicyFile, loadWithoutTargets } from '../policy-file.ts';

export interface Loaded {
  /** Null where the file can't be used. */
  readonly file: LoadedFile | null;
  readonly findings: readonly Finding[];
}

/** A file of which only variables are not set is still looked at, without what they would have led to. */
export async function loadForReview(host: Host, path: string): Promise<Loaded> {
  try {
    const file = await loadPolicyFile(host, path);
    return { file, findings: [loads(path, file), ...warnings(file)] };
  } catch (thrown) {
    const error = asCountersignError(thrown);
    if (error.code !== 'config_invalid') throw thrown;
    const file = await loadWithoutTargets(host, path).catch(() => null);
    if (file === null) return { file, findings: problemsOf(error, 'policy.file', 'Mend the file.') };
    const unset = problemsOf(error, 'policy.variable', 'Set it where the gateway is started.');
    return { file, findings: [...unset, ...warnings(file)] };
  }
}

function problemsOf(error: Error, name: string, advice: string): readonly Finding[] {
  const lines = error instanceof PolicyFileError ? error.problems.map(problemLine) : [error.message];
  return lines.map((line) => problem(name, line, advice));
}

function loads(path: string, { policy, connections }: LoadedFile): Finding {
  const { rules, masks, people, version } = policy;
  const parts = [
    counted(rules.length, 'rule'),
    counted(masks.length, 'mask'),
    counted(connections.size, 'connection'),
    people.size === 1 ? '1 person' : `${people.size} people`,
  ];
  return fine('policy.file', `${path} loads: ${parts.join(', ')}, version ${version.slice(0, 12)}`);
}

const warnings = (file: LoadedFile): readonly Finding[] =>
  file.warnings.map((line) => warning('policy.warning', line, 'Compare the name with the rest of the file.'));

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
