/** `countersign policy test`: decides the cases beside a policy, without a gateway and without a database. */
import { dirname, join, resolve } from 'node:path';
import { type PolicyTestResult, runPolicyTests } from '@countersign/policy';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { type CommonOptions, defaultFile, type Host, withFileOptions } from '../options.ts';
import { loadWithoutTargets, readText } from '../policy-file.ts';
import { schemaAnalyses } from '../schema-analyses.ts';
import { printable } from '../terminal/printable.ts';
import { withProgress } from '../terminal/progress.ts';
import { padEnd } from '../terminal/width.ts';

/** Where the cases stand if no file is named: beside the policy. */
const defaultCases = 'countersign.test.yaml';

export function addPolicyTest(policy: Command, host: Host): void {
  const test = policy
    .command('test')
    .description(
      'decide the cases of a file by the policy, and say which don’t hold; needs no gateway, no database',
    )
    .argument('[file]', `the cases; default: ${defaultCases} beside the policy file`);
  withFileOptions(test, 'cases are decided by the policy file alone').action(
    async (named: string | undefined) => {
      const options = test.opts<CommonOptions>();
      const policyFile =
        options.config ?? (named === undefined ? defaultFile : join(dirname(named), defaultFile));
      const file = named ?? join(dirname(policyFile), defaultCases);
      const path = resolve(host.directory, file);
      const loaded = await loadWithoutTargets(host, policyFile);
      const cases = await readText(path, 'cases of the policy');
      const analyse = schemaAnalyses(dirname(path));
      const results = await withProgress(host.terminal, 'Deciding the cases', () =>
        runPolicyTests(loaded, cases, { file, analyse }),
      );
      const failed = results.filter(({ passed }) => !passed).length;
      const { out, err } = host.terminal;
      host.exit(failed === 0 ? exitCodes.ok : exitCodes.no);
      if (options.json === true) return await out.line(JSON.stringify({ failed, cases: results }, null, 2));
      for (const result of results) await tell(host, file, result);
      await err.line(
        `${results.length} ${results.length === 1 ? 'case' : 'cases'}, ${failed === 0 ? 'all hold' : `${failed} failed`}`,
      );
    },
  );
}

async function tell({ terminal: { out } }: Host, file: string, result: PolicyTestResult): Promise<void> {
  const { name, line, passed, expected, got } = result;
  const said =
    got.code === 'allowed' || got.code === 'needs_approval' ? got.decision : `${got.decision} ${got.code}`;
  const mark = passed ? out.paint('green', '✓') : out.paint('red', '✗');
  await out.line(`${mark} ${padEnd(printable(name), 56)} ${out.paint('dim', said)}`);
  if (passed) return;
  for (const key of ['decision', 'code', 'rules', 'approvers', 'masks'] as const) {
    const wanted = expected[key];
    if (wanted === undefined || inWords(wanted) === inWords(got[key])) continue;
    await out.line(`    ${key}: expected ${printable(inWords(wanted))}, got ${printable(inWords(got[key]))}`);
  }
  await out.line(out.paint('dim', `    ${printable(got.detail)}`));
  await out.line(out.paint('dim', `    ${file}:${line}`));
}

function inWords(value: string | readonly string[]): string {
  if (typeof value === 'string') return value;
  return value.length === 0 ? 'none' : value.toSorted().join(', ');
}
