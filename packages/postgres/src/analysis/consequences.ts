/**
 * What writing to a table brings about besides: triggers, rules, foreign keys that cascade, expressions that are
 * evaluated for each row, row security policies, partitions, and for a view the table behind it.
 */
import { type Action, resource } from '@countersign/core';
import type { ForeignKey, Relation, WriteEvent } from '../catalog/catalog.ts';
import { compareKeys } from './comparisons.ts';
import { type Context, tableResource } from './context.ts';
import { applyPolicies, relationName } from './read-relation.ts';
import { ancestorsOf, descendantsOf } from './relations.ts';
import { ruleFindings } from './rules.ts';
import { storedExpression } from './stored.ts';
import { checkInput, functionResource } from './types.ts';
import { updatableView } from './updatable-view.ts';

export const writeActions = {
  insert: 'write.insert',
  update: 'write.update',
  delete: 'write.delete',
  truncate: 'write.truncate',
} as const satisfies Record<WriteEvent, Action>;

/** One write on one relation. */
export interface Write {
  readonly event: WriteEvent;
  /** The columns it sets; null where every column may be meant. */
  readonly columns: readonly string[] | null;
  /** Whether it is ONLY this relation's own rows; false by default. */
  readonly only?: boolean;
}

/**
 * A write on a relation, and all it brings about.
 *
 * @param via What brings this write about; none for the statement's own.
 */
export function writeTo(context: Context, relation: Relation, write: Write, via?: string): void {
  spread(context, relation, write, via, new Set());
}

function spread(
  context: Context,
  relation: Relation,
  write: Write,
  via: string | undefined,
  seen: Set<string>,
): void {
  context.reliedOn.relation(relation);
  context.effects.add(writeActions[write.event], tableResource(relation), write.columns, via);
  const key = `${write.event} ${relation.oid} ${write.only === true} ${write.columns?.join(',') ?? '*'}`;
  if (seen.has(key)) return;
  seen.add(key);
  if (relation.system) {
    context.execute('admin', tableResource(relation), via);
    return;
  }
  const replaced = applyRules(context, relation, write.event);
  fireTriggers(context, relation, write);
  if (relation.kind === 'v') {
    if (replaced || relation.triggers.some((one) => one.insteadOf && one.events.has(write.event))) return;
    const behind = updatableView(context, relation);
    const columns = write.columns === null ? null : behind.columns(write.columns);
    spread(context, behind.relation, { event: write.event, columns }, `view ${relationName(relation)}`, seen);
    return;
  }
  if (relation.server !== null)
    context.execute(
      'execute',
      resource('server', relation.server),
      `foreign table ${relationName(relation)}`,
    );
  evaluate(context, relation, write);
  if (write.event !== 'truncate') applyPolicies(context, relation, [write.event]);
  for (const key of relation.referencedBy) followForeignKey(context, key, write, seen);
  toFamily(context, relation, write, seen);
}

/** Rows of a partitioned table are written in its partitions; a new row of a partition obeys its parents. */
function toFamily(context: Context, relation: Relation, write: Write, seen: Set<string>): void {
  if (write.only === true || (write.event === 'insert' && relation.kind !== 'p')) return;
  for (const child of descendantsOf(context, relation))
    spread(context, child, write, `inheritance from ${relationName(relation)}`, seen);
  if (write.event === 'update' && movesRows(relation, write)) moveRows(context, relation);
}

/** Whether an update may give a row to another partition. */
function movesRows(relation: Relation, { columns }: Write): boolean {
  if (relation.kind !== 'p') return false;
  const byExpression = relation.expressions.some(({ of }) => of === 'partition key');
  return byExpression || columns === null || relation.partitionKey.some((name) => columns.includes(name));
}

/** A row that changes its partition is deleted from one and inserted into the other. No foreign key takes that for a deletion. */
function moveRows(context: Context, relation: Relation): void {
  const via = `partition key of ${relationName(relation)}`;
  for (const child of descendantsOf(context, relation))
    for (const event of ['delete', 'insert'] as const) {
      context.effects.add(writeActions[event], tableResource(child), null, via);
      fireTriggers(context, child, { event, columns: null });
      evaluate(context, child, { event, columns: null });
    }
}

/** @returns Whether a rule takes the place of the write, always or for some rows. */
function applyRules(context: Context, relation: Relation, event: WriteEvent): boolean {
  const rules = relation.rules.filter((rule) => rule.event === event);
  for (const rule of rules) context.include(ruleFindings(context, relation, rule), `rule ${rule.name}`);
  return rules.some((rule) => rule.instead);
}

function fireTriggers(context: Context, relation: Relation, write: Write): void {
  for (const trigger of relation.triggers) {
    if (!trigger.events.has(write.event)) continue;
    const { columns } = write;
    if (
      write.event === 'update' &&
      columns !== null &&
      trigger.columns.length > 0 &&
      !trigger.columns.some((column) => columns.includes(column))
    )
      continue;
    const fn = context.catalog.functionsByOid.get(trigger.function);
    const name = fn === undefined ? resource('function', 'pg_catalog', 'trigger') : functionResource(fn);
    context.effects.add('execute', name, null, `trigger ${trigger.name}`);
    context.reliedOn.name('pg_proc', fn?.name ?? '');
  }
}

/** Checks and index expressions are evaluated for each new row, so are generated columns, and the checks of domains. */
function evaluate(context: Context, relation: Relation, write: Write): void {
  compareKeys(context, relation);
  if (write.event !== 'insert' && write.event !== 'update') return;
  for (const { of, expression } of relation.expressions)
    context.includeEffects(storedExpression(context, relation, expression), of);
  for (const parent of ancestorsOf(context, relation)) belongs(context, parent);
  for (const column of relation.columns)
    if (write.columns === null || write.columns.includes(column.name)) checkInput(context, column.type);
  for (const column of relation.columns)
    if (column.generated !== null && column.default !== null)
      context.includeEffects(storedExpression(context, relation, column.default), `column ${column.name}`);
}

/** Whether a row belongs into a partition is found by the key of what it is a partition of. */
function belongs(context: Context, parent: Relation): void {
  if (parent.kind !== 'p') return;
  compareKeys(context, parent);
  for (const { of, expression } of parent.expressions)
    if (of === 'partition key') context.includeEffects(storedExpression(context, parent, expression), of);
}

/** A default is evaluated where a row comes without a value for the column. The sequence a column owns is part of it. */
export function evaluateDefaults(context: Context, relation: Relation, given: ReadonlySet<string>): void {
  for (const column of relation.columns) {
    if (column.default === null || column.generated !== null || given.has(column.name)) continue;
    const findings = storedExpression(context, relation, column.default);
    const effects = findings.effects.filter(
      (effect) => !(effect.action === 'write' && isOwnSequence(context, relation, effect.resource)),
    );
    context.includeEffects({ ...findings, effects }, `default of ${column.name}`);
  }
}

function isOwnSequence(context: Context, relation: Relation, name: string): boolean {
  for (const sequence of context.catalog.relationsByOid.values())
    if (
      sequence.kind === 'S' &&
      sequence.belongsTo === relation.oid &&
      resource('sequence', sequence.schema, sequence.name) === name
    )
      return true;
  return false;
}

function followForeignKey(context: Context, key: ForeignKey, write: Write, seen: Set<string>): void {
  const { event, columns } = write;
  if (event !== 'delete' && event !== 'update') return;
  if (event === 'update' && columns !== null && !key.referencedColumns.some((name) => columns.includes(name)))
    return;
  const action = event === 'delete' ? key.onDelete : key.onUpdate;
  const child = context.catalog.relationsByOid.get(key.relation);
  if (action === 'nothing' || child === undefined) return;
  const deletes = event === 'delete' && action === 'cascade';
  const next: Write = deletes
    ? { event: 'delete', columns: null }
    : { event: 'update', columns: key.columns };
  spread(context, child, next, `foreign key ${key.name}`, seen);
  if (action === 'set_default')
    evaluateDefaults(
      context,
      child,
      new Set(child.columns.map((column) => column.name).filter((name) => !key.columns.includes(name))),
    );
}
