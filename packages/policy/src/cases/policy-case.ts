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
  described,
  list,
  object,
  oneOf,
  type Read,
  reader,
  text,
  textLike,
  wholeNumber,
  wrongKind,
} from '../file/read.ts';
import { Report } from '../file/report.ts';
import type { Schema } from '../file/schema.ts';
import { groupName } from '../file/scope.ts';
import { plain, readTree, type Tree } from '../file/tree.ts';

/** What a case expects; what is left out may be anything. */
export interface Expectation {
  readonly decision: Verdict;
  /** `allowed`, `needs_approval`, or why not. */
  readonly code?: 'allowed' | 'needs_approval' | ErrorCode;
  /** The names of the rules that made it, in any order. */
  readonly rules?: readonly string[];
  /** The groups that are asked, in any order. */
  readonly approvers?: readonly string[];
  /** As outputs name them: `redact column:public.customers.ssn`. In any order. */
  readonly masks?: readonly string[];
}

/** One case: who makes which call, and what is expected of the decision. */
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
  /** Rows it changes, as a trial would count them; absent where that isn't known. */
  readonly rows?: number;
  readonly expect: Expectation;
}

/** A file of cases. */
export interface PolicyCases {
  /** The file with the schema that SQL is analysed against, as written; null where none is named. */
  readonly schema: string | null;
  readonly cases: readonly PolicyCase[];
}

/** Part of an input, which is checked as a whole. */
const inputPart = (description: string, schema: Schema): Read<unknown> =>
  described(
    reader<unknown>(schema, (tree) => plain(tree)),
    description,
  );
const inputKeys = ['sql', 'params', 'argv', 'stdin', 'method', 'path', 'headers', 'body'] as const;

const readVerdict = oneOf(['allow', 'ask', 'deny'] as const);

const codeText = text('a code like allowed, needs_approval or denied_by_rule');
const readCode: Read<NonNullable<Expectation['code']>> = reader(codeText.schema, (tree, report) => {
  const code = codeText(tree, report);
  if (code === undefined || code === 'allowed' || code === 'needs_approval' || isErrorCode(code)) return code;
  report.problem(tree.at, `"${code.slice(0, 60)}" is no code of a decision`, {
    expected: 'one like denied_by_rule',
  });
  return undefined;
});

const readDetailed = object(
  'expect',
  {
    decision: described(readVerdict, 'What the call gets.'),
    code: described(readCode, 'Why.'),
    rules: described(anyList(text('the name of a rule')), 'Exactly these rules decide, in any order.'),
    approvers: described(anyList(groupName), 'Exactly these groups are asked, in any order.'),
    masks: described(
      anyList(text('a mask like redact column:public.customers.ssn')),
      'Exactly these masks are in the plan, in any order.',
    ),
  },
  ['decision'],
);

const expectation: Schema = { anyOf: [readVerdict.schema, readDetailed.schema] };
const readExpectation: Read<Expectation> = reader(expectation, (tree, report) => {
  if (tree.kind !== 'map') {
    const decision = readVerdict(tree, report);
    return decision && { decision };
  }
  const { decision, ...more } = readDetailed(tree, report) ?? {};
  return decision && { decision, ...more };
});

const effectLike: Schema = {
  title: 'an action and a resource',
  type: 'object',
  required: ['action', 'resource'],
};
const readEffects: Read<readonly Effect[]> = list(
  'effects',
  reader(effectLike, (tree, report) => {
    const parsed = effectSchema.safeParse(plain(tree));
    if (parsed.success) return parsed.data;
    report.problem(tree.at, 'no effect', { expected: '{ action: write, resource: "table:public.orders" }' });
    return undefined;
  }),
);

const readCase = object(
  'a case',
  {
    name: described(text('the name of a case', 200), 'What the case is about.'),
    as: described(
      textLike('a principal like agent:support', /^(?:agent|service):[a-z0-9][a-z0-9_.@-]{0,63}$/),
      'Who asks.',
    ),
    groups: described(anyList(groupName), 'The groups that its token would have.'),
    on_behalf_of: described(text('the name of a person'), 'The person it acts for.'),
    connection: described(text('the name of a connection'), 'A connection of the policy file.'),
    sql: inputPart('The call: a statement, analysed against `schema`.', { type: 'string' }),
    params: inputPart('The values of `$1`, `$2`, … of `sql`.', { type: 'array' }),
    argv: inputPart('The call: the arguments after kubectl.', { type: 'array', items: { type: 'string' } }),
    stdin: inputPart('What `-f -` of `argv` reads.', { type: 'string' }),
    method: inputPart('The call: the method of an HTTP request.', { type: 'string' }),
    path: inputPart('Its path and query.', { type: 'string' }),
    headers: inputPart('Its headers, as pairs of name and value.', { type: 'array' }),
    body: inputPart('Its body, as text.', { type: 'string' }),
    effects: described(readEffects, 'The call by what it would do, without analysis.'),
    rows: described(
      wholeNumber('rows', 0, 1_000_000_000),
      'How many rows it changes, for rules with `when`; left out, that is not known.',
    ),
    expect: described(readExpectation, 'What has to come out: a decision, or more of it.'),
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

const caseReader = (
  connections: readonly string[],
): Read<Omit<PolicyCase, 'name'> & { readonly name?: string }> =>
  reader(readCase.schema, (tree, report) => {
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
      ...(values.rows === undefined ? {} : { rows: values.rows }),
      expect: values.expect,
    };
  });

/** A file of cases. */
const casesReader = (connections: readonly string[]) =>
  object(
    'the file',
    {
      version: described(wholeNumber('version', 1, 1), 'The version of this form.', 1),
      schema: described(text('a file like schema.sql'), 'The SQL that makes the tables; beside this file.'),
      cases: described(list('cases', caseReader(connections)), 'The cases.'),
    },
    ['cases'],
  );

/** What a file of cases looks like. */
export const policyCasesSchema: Schema = casesReader([]).schema;

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
  const read = casesReader(connections);
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
