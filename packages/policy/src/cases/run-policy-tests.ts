/** Runs cases against a policy. Nothing is executed: SQL and requests go to the analysis that is handed in. */
import {
  type CallInput,
  CountersignError,
  type Decision,
  type Effect,
  type Lineage,
  maskNames,
  noLineage,
  type Principal,
  type TokenClass,
  unknownConnection,
} from '@countersign/core';
import { decide } from '../decide/decide.ts';
import type { ConnectionConfig, LoadedFile } from '../policy.ts';
import { type Expectation, type PolicyCase, parsePolicyCases } from './policy-case.ts';

/** How cases are run. */
export interface PolicyTestOptions {
  /** The name of the file with the cases, for messages. */
  readonly file: string;
  /**
   * Tells what a call would do.
   *
   * @param schema The file the cases name, as written; null where they name none.
   * @throws {CountersignError} with the code of a denial. Anything else ends the tests.
   */
  readonly analyse: (
    connection: ConnectionConfig,
    input: CallInput,
    schema: string | null,
  ) => Promise<{ readonly effects: readonly Effect[]; readonly lineage: Lineage }>;
}

/** What became of one case. */
export interface PolicyTestResult {
  readonly name: string;
  /** Where the case stands in its file; counts from 1. */
  readonly line: number;
  /** Whether everything that the case expects came out. */
  readonly passed: boolean;
  readonly expected: Expectation;
  /** All of what came out, with the words for people. */
  readonly got: Required<Expectation> & { readonly detail: string };
}

/**
 * Runs every case, in the order of the file.
 *
 * @param loaded The policy file that they are judged by.
 * @param cases The content of the file with the cases, YAML.
 * @throws {PolicyFileError} where the file of cases has problems.
 */
export async function runPolicyTests(
  loaded: LoadedFile,
  cases: string,
  options: PolicyTestOptions,
): Promise<readonly PolicyTestResult[]> {
  const connections = [...loaded.connections.keys()];
  const parsed = parsePolicyCases(cases, { file: options.file, connections });
  const results: PolicyTestResult[] = [];
  for (const one of parsed.cases) {
    const got = await judgeCase(loaded, one, parsed.schema, options.analyse);
    results.push({
      name: one.name,
      line: one.line,
      passed: fits(one.expect, got),
      expected: one.expect,
      got,
    });
  }
  return results;
}

async function judgeCase(
  { policy, connections }: LoadedFile,
  one: PolicyCase,
  schema: string | null,
  analyse: PolicyTestOptions['analyse'],
): Promise<PolicyTestResult['got']> {
  const connection = connections.get(one.connection);
  if (connection === undefined) throw unknownConnection(one.connection, [...connections.keys()]);
  const { name, protocol, labels } = connection;
  try {
    const { effects, lineage } =
      'effects' in one.call
        ? { effects: one.call.effects, lineage: noLineage }
        : await analyse(connection, one.call.input, schema);
    const question = {
      principal: principalOf(one),
      connection: { name, protocol, labels },
      effects,
      lineage,
      rows: one.rows ?? null,
    };
    return gotOf(decide(policy, question));
  } catch (thrown) {
    if (!(thrown instanceof CountersignError)) throw thrown;
    return {
      decision: 'deny',
      code: thrown.code,
      rules: [],
      approvers: [],
      masks: [],
      detail: thrown.message,
    };
  }
}

function principalOf({ as, groups, onBehalfOf }: PolicyCase): Principal {
  const colon = as.indexOf(':');
  return {
    class: as.slice(0, colon) as TokenClass,
    id: as,
    name: as.slice(colon + 1),
    groups,
    account: null,
    owner: null,
    onBehalfOf,
  };
}

function gotOf({ verdict, code, rules, requirement, masks, detail }: Decision): PolicyTestResult['got'] {
  const approvers = new Set(requirement?.asks.flatMap((ask) => ask.approvers));
  return {
    decision: verdict,
    code,
    rules,
    approvers: [...approvers].sort(),
    masks: maskNames(masks),
    detail,
  };
}

/** Whether everything that is expected came out; lists in any order. */
function fits(expected: Expectation, got: PolicyTestResult['got']): boolean {
  return (
    expected.decision === got.decision &&
    (expected.code ?? got.code) === got.code &&
    sameNames(expected.rules, got.rules) &&
    sameNames(expected.approvers, got.approvers) &&
    sameNames(expected.masks, got.masks)
  );
}

function sameNames(expected: readonly string[] | undefined, got: readonly string[]): boolean {
  if (expected === undefined) return true;
  const names = new Set(got);
  return new Set(expected).size === names.size && expected.every((name) => names.has(name));
}
