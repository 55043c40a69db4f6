/** The policy file, as far as it can be used, and what is wrong with it. */
import { asCountersignError, type Finding, fine, problem, warning } from '@countersign/core';
import { type LoadedFile, PolicyFileError, type Problem, problemLine } from '@countersign/policy';
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
    if (file === null) return { file, findings: problemsOf(error) };
    const unset = 'Export it in the shell or the service that starts the gateway, then start it again.';
    const named = error instanceof PolicyFileError ? error.problems.map(problemLine) : [error.message];
    return {
      file,
      findings: [...named.map((line) => problem('policy.variable', line, unset)), ...warnings(file)],
    };
  }
}

function problemsOf(error: Error): readonly Finding[] {
  if (error instanceof PolicyFileError)
    return error.problems.map((one) => problem('policy.file', problemLine(one), changeFor(one)));
  const advice = 'Write one there, or name yours with -c FILE; docs/policy.md begins with a small one.';
  return [problem('policy.file', error.message, advice)];
}

/** What to change where. */
function changeFor({ line, column, expected, nearest }: Problem): string {
  if (nearest !== undefined) return `In line ${line}, write "${nearest}" instead.`;
  if (expected !== undefined) return `In line ${line}, from column ${column} on, write ${expected}.`;
  return `Change or take out what stands in line ${line}; docs/policy-reference.md has every key.`;
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
  file.warnings.map((line) =>
    warning(
      'policy.warning',
      line,
      'If the name is misspelt, write it as the rest of the file does; else leave it.',
    ),
  );

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
