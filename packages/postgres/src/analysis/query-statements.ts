/** SELECT, INSERT, UPDATE, DELETE, MERGE, EXPLAIN, SHOW: what agents send all day. */
import { resource } from '@countersign/core';
import { asKind, fieldsOf, kindOf, type Node, type SelectStmt, stringOf } from '../ast/nodes.ts';
import { isSecretSetting } from '../functions/harm.ts';
import { Context, notSupported } from './context.ts';
import { Scope } from './scope.ts';
import { analyseQuery } from './select.ts';
import type { StatementTraits } from './statement.ts';
import { type StatementVisitor, statementVisitor } from './statements.ts';
import { constantOf } from './value.ts';

const query = {
  standsAlone: false,
  inTransaction: true,
  explainable: true,
  readOnly: true,
} as const;

const write =
  (kind: string): StatementVisitor =>
  (context, node) => {
    const columns = analyseQuery(context, new Scope(null), node);
    return { ...query, kind, columns: columns.length === 0 ? null : columns, readOnly: false };
  };

function select(context: Context, node: Node): StatementTraits {
  const fields = fieldsOf<SelectStmt>(node);
  const into = intoOf(fields);
  if (into !== null) return statementVisitor('SelectInto')(context, node);
  return { ...query, kind: 'select', columns: analyseQuery(context, new Scope(null), node) };
}

/** INTO stands in the first SELECT of a set operation. */
export function intoOf(select: SelectStmt): SelectStmt['intoClause'] | null {
  let first: SelectStmt | undefined = select;
  for (; first !== undefined; first = first.larg) if (first.intoClause !== undefined) return first.intoClause;
  return null;
}

/** Options that make EXPLAIN run what it explains. */
function explainAnalyzes(options: readonly Node[] | undefined): boolean {
  let analyze = false;
  for (const node of options ?? []) {
    const option = asKind<{ defname?: string; arg?: Node }>(node, 'DefElem');
    if (option?.defname !== 'analyze') continue;
    const text = option.arg === undefined ? 'true' : optionText(option.arg);
    analyze = !['false', 'off', '0'].includes(text.toLowerCase());
  }
  return analyze;
}

function optionText(node: Node): string {
  if (kindOf(node) === 'Integer') return String(fieldsOf<{ ival?: number }>(node).ival ?? 0);
  if (kindOf(node) === 'Boolean') return String(fieldsOf<{ boolval?: boolean }>(node).boolval === true);
  return stringOf(node);
}

/** EXPLAIN reads what the statement names, and runs it with ANALYZE only. Plans show constants, counts, and how wide values are. */
function explain(context: Context, node: Node): StatementTraits {
  const { query: inner, options } = fieldsOf<{ query: Node; options?: readonly Node[] }>(node);
  const analyzes = explainAnalyzes(options);
  const planned = new Context(context.catalog, context.searchPath, context.clock);
  const traits = statementVisitor(kindOf(inner))(planned, inner);
  if (!traits.explainable && traits.kind !== 'create_table_as')
    throw notSupported(`EXPLAIN of ${traits.kind}`);
  const findings = planned.findings();
  const returned = (traits.columns ?? []).flatMap(({ value }) => [...value.sources.keys()]);
  const shown = [...findings.uses.map((use) => use.column), ...returned];
  const value = {
    ...constantOf('25'),
    sources: new Map(shown.map((column) => [column, 'derived' as const])),
  };
  const columns = [{ name: 'QUERY PLAN', value }];
  if (analyzes) {
    context.include(findings, undefined);
    return { ...traits, kind: 'explain_analyze', columns, explainable: false };
  }
  context.include({ ...findings, effects: findings.effects.flatMap(asPlanned) }, undefined);
  return { ...query, kind: 'explain', columns, explainable: false };
}

type Effects = ReturnType<Context['findings']>['effects'];

/** A write that is planned only locks its tables as the write would; a function may be evaluated by the planner all the same. */
function asPlanned(effect: Effects[number]): Effects[number][] {
  if (effect.action.startsWith('schema')) return [];
  if (effect.action === 'execute' && effect.via?.startsWith('trigger ') === true) return [];
  if (!effect.action.startsWith('write')) return [effect];
  // Rows that refer to others are looked for when these are gone.
  if (!effect.resource.startsWith('table:') || effect.via?.startsWith('foreign key ') === true) return [];
  return [
    {
      action: 'write.lock',
      resource: effect.resource,
      ...(effect.via === undefined ? {} : { via: effect.via }),
    },
  ];
}

/** Settings that the server does not spell in lower case. */
const spelling: ReadonlyMap<string, string> = new Map([
  ['timezone', 'TimeZone'],
  ['datestyle', 'DateStyle'],
  ['intervalstyle', 'IntervalStyle'],
]);

function show(context: Context, node: Node): StatementTraits {
  const { name } = fieldsOf<{ name: string }>(node);
  context.effects.add(isSecretSetting(name) ? 'secret' : 'read', resource('setting', name));
  const names =
    name === 'all'
      ? ['name', 'setting', 'description']
      : [spelling.get(name.toLowerCase()) ?? name.toLowerCase()];
  const columns = names.map((label) => ({ name: label, value: constantOf('25') }));
  return { ...query, kind: 'show', columns, explainable: false };
}

export const queryStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['SelectStmt', select],
  ['InsertStmt', write('insert')],
  ['UpdateStmt', write('update')],
  ['DeleteStmt', write('delete')],
  ['MergeStmt', write('merge')],
  ['ExplainStmt', explain],
  ['VariableShowStmt', show],
];
