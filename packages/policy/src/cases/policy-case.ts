/** `countersign.test.yaml`: calls, and what the policy should say of them. */
import {
  type CallInput,
  callInputSchema,
  type Effect,
  type ErrorCode,
  effectSchema,
  isErrorCode,
  type Verdict,
} from '@countersign/core';
import {
  anyList,
  list,
  object,
  oneOf,
  type Read,
  text,
  textLike,
  wholeNumber,
  wrongKind,
} from '../file/read.ts';
import { Report } from '../file/report.ts';
import { groupName } from '../file/scope.ts';
import { plain, readTree, type Tree } from '../file/tree.ts';

/** What a case expects; what is left out may be anything. */
export interface Expectation {
  readonly decision: Verdict;
  readonly code?: 'allowed' | 'needs_approval' | ErrorCode;
  /** The names of the rules that made it, in any order. */
  readonly rules?: readonly string[];
  /** The groups that are asked, in any order. */
  readonly approvers?: readonly string[];
  /** As outputs name them: `redact column:public.customers.ssn`. In any order. */
  readonly masks?: readonly string[];
}

export interface PolicyCase {
  readonly name: string;
  /** Counts from 1. */
  readonly line: number;
  /** `agent:support` */
  readonly as: string;
  readonly groups: readonly string[];
  readonly onBehalfOf: string | null;
  readonly connection: string;
  /** An input that has to be analysed, or effects that are given. */
  readonly call: { readonly input: CallInput } | { readonly effects: readonly Effect[] };
  readonly expect: Expectation;
}

export interface PolicyCases {
  /** The file with the schema that SQL is analysed against, as written; null where none is named. */
  readonly schema: string | null;
  readonly cases: readonly PolicyCase[];
}

const anything: Read<unknown> = (tree) => plain(tree);
const inputKeys = ['sql', 'params', 'argv', 'stdin', 'method', 'path', 'headers', 'body'] as const;

const readVerdict = oneOf(['allow', 'ask', 'deny'] as const);

const readCode: Read<NonNullable<Expectation['code']>> = (tree, report) => {
  const code = text('a code')(tree, report);
  if (code === undefined || code === 'allowed' || code === 'needs_approval' || isErrorCode(code)) return code;
  report.problem(tree.at, `"${code.slice(0, 60)}" is no code of a decision`, {
    expected: 'one like denied_by_rule',
  });
  return undefined;
};

const readDetailed = object(
  'expect',
  {
    decision: readVerdict,
    code: readCode,
    rules: anyList(text('the name of a rule')),
    approvers: anyList(groupName),
    masks: anyList(text('a mask like redact column:public.customers.ssn')),
  },
  ['decision'],
);

const readExpectation: Read<Expectation> = (tree, report) => {
  if (tree.kind !== 'map') {
    const decision = readVerdict(tree, report);
    return decision && { decision };
  }
  const { decision, ...more } = readDetailed(tree, report) ?? {};
  return decision && { decision, ...more };
};

const readEffects: Read<readonly Effect[]> = list('effects', (tree, report) => {
  const parsed = effectSchema.safeParse(plain(tree));
  if (parsed.success) return parsed.data;
  report.problem(tree.at, 'no effect', { expected: '{ action: write, resource: "table:public.orders" }' });
  return undefined;
});

const readCase = object(
  'a case',
  {
    name: text('the name of a case', 200),
    as: textLike('a principal like agent:support', /^(?:agent|service):[a-z0-9][a-z0-9_.@-]{0,63}$/),
    groups: anyList(groupName),
    on_behalf_of: text('the name of a person'),
    connection: text('the name of a connection'),
    sql: anything,
    params: anything,
    argv: anything,
    stdin: anything,
    method: anything,
    path: anything,
    headers: anything,
    body: anything,
    effects: readEffects,
    expect: readExpectation,
  },
  ['as', 'connection', 'expect'],
);

type CaseValues = NonNullable<ReturnType<typeof readCase>>;

/** The one thing a case says of its call. */
function callOf(values: CaseValues, tree: Tree, report: Report): PolicyCase['call'] | undefined {
  const input: Record<string, unknown> = {};
  for (const key of inputKeys) if (values[key] !== undefined) input[key] = values[key];
  const given = Object.keys(input).length > 0;
  const hasEffects = tree.kind === 'map' && tree.entries.has('effects');
  if (given !== hasEffects) {
    if (hasEffects) return { effects: values.effects ?? [] };
    const parsed = callInputSchema.safeParse(input);
    if (parsed.success) return { input: parsed.data };
  }
  report.problem(tree.at, 'a case without one call', {
    expected: 'one of: sql (params), argv (stdin), method and path (headers, body), effects',
  });
  return undefined;
}

const caseReader =
  (connections: readonly string[]): Read<Omit<PolicyCase, 'name'> & { readonly name?: string }> =>
  (tree, report) => {
    const values = readCase(tree, report);
    if (values === undefined || tree.kind !== 'map') return undefined;
    const connection = values.connection ?? '';
    const at = tree.entries.get('connection')?.value.at;
    if (at !== undefined && values.connection !== undefined && !connections.includes(connection))
      report.notOneOf(at, `there is no connection "${connection.slice(0, 100)}"`, connection, connections);
    const call = callOf(values, tree, report);
    if (call === undefined || values.expect === undefined) return undefined;
    return {
      ...(values.name === undefined ? {} : { name: values.name }),
      line: tree.at.line,
      as: values.as ?? '',
      groups: values.groups ?? [],
      onBehalfOf: values.on_behalf_of ?? null,
      connection,
      call,
      expect: values.expect,
    };
  };

/**
 * Reads a file of cases: `version`, `schema: FILE.sql`, `cases: [...]`.
 *
 * @param options.connections The names of the connections that cases may use.
 * @throws {PolicyFileError} with all its problems.
 */
export function parsePolicyCases(
  source: string,
  { file, connections }: { readonly file: string; readonly connections: readonly string[] },
): PolicyCases {
  const report = new Report(file);
  const tree = readTree(source, report);
  report.throwIfAny();
  const read = object(
    'the file',
    {
      version: wholeNumber('version', 1, 1),
      schema: text('a file like schema.sql'),
      cases: list('cases', caseReader(connections)),
    },
    ['cases'],
  );
  const values =
    tree === null
      ? wrongKind({ kind: 'list', at: { line: 1, column: 1 }, items: [] }, report, 'cases')
      : read(tree, report);
  report.throwIfAny();
  return {
    schema: values?.schema ?? null,
    cases: (values?.cases ?? []).map((one, index) => ({ ...one, name: one.name ?? `cases[${index}]` })),
  };
}
