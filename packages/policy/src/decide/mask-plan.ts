/**
 * What hides a call's values: for each output column the strictest mask of all its sources, and the detectors. What is
 * not proven to hold no protected value is taken to hold one.
 */
import {
  actionCovers,
  type ColumnMask,
  type ColumnSource,
  type DetectorMask,
  type Effect,
  type MaskPlan,
  maskKinds,
  type OutputColumn,
  type PathMask,
  type Resource,
  splitResource,
} from '@countersign/core';
import type { MaskRule } from '../policy.ts';
import { type Atom, atomsOf } from './atom.ts';
import type { CompiledMask } from './compiled-mask.ts';
import { matchesConnection, matchesResource, matchesWho } from './compiled-scope.ts';
import type { Question } from './question.ts';

/** The masks that can apply to a call, whatever its columns. */
export function masksFor(masks: readonly CompiledMask[], question: Question): readonly CompiledMask[] {
  return masks.filter(
    (compiled) =>
      matchesWho(compiled.mask, question.principal) &&
      matchesConnection(compiled.mask, question.connection) &&
      someActionOf(compiled.mask.actions, question.effects) &&
      !excepted(compiled, question, []),
  );
}

/** A call without effects reads, for what a mask may say of it. */
function actionsOf(effects: readonly Effect[]) {
  return effects.length === 0 ? (['read'] as const) : effects.map(({ action }) => action);
}

function someActionOf(named: MaskRule['actions'], effects: readonly Effect[]): boolean {
  if (named === undefined) return true;
  return actionsOf(effects).some((action) => named.some((one) => actionCovers(one, action)));
}

/**
 * Whether `except` takes all of this out: it does so for actions only where it names every action of the call, and
 * where it names resources, only for resources that are known.
 */
function excepted({ except }: CompiledMask, question: Question, atoms: readonly Atom[]): boolean {
  if (except === null) return false;
  const { scope } = except;
  return (
    matchesWho(scope, question.principal) &&
    matchesConnection(scope, question.connection) &&
    actionsOf(question.effects).every((action) => someAction(scope.actions, action)) &&
    (except.patterns === null ||
      (atoms.length > 0 && atoms.every((atom) => matchesResource(except, atom, 'surely'))))
  );
}

function someAction(named: MaskRule['actions'], action: Effect['action']): boolean {
  return named === undefined || named.some((one) => actionCovers(one, action));
}

/** A column's name that says which column it is. */
function isOneColumn(column: Resource): boolean {
  const { kind, segments } = splitResource(column);
  return kind === 'column' && segments.length === 3 && !column.includes('*');
}

/** The masks among `masks` that hide a column. */
export function masksOfColumn(
  masks: readonly CompiledMask[],
  question: Question,
  column: Resource,
): readonly CompiledMask[] {
  const [atom] = atomsOf({ action: 'read', resource: column });
  return masks.filter(
    (compiled) =>
      atom !== undefined &&
      compiled.columns.some((pattern) => pattern.matches(column)) &&
      matchesResource(compiled, atom, 'could') &&
      !excepted(compiled, question, [atom]),
  );
}

export function maskPlan(masks: readonly CompiledMask[], question: Question): MaskPlan {
  const { outputs } = question.lineage;
  const columnMasks = masks.filter(({ columns }) => columns.length > 0);
  const paths = masks.flatMap((compiled) => pathMask(compiled, question));
  return {
    columns: outputs.map((output) => columnMask(columnMasks, question, output)),
    detectors: masks.flatMap((compiled) => detectorMask(compiled, question)),
    ...(paths.length === 0 ? {} : { paths }),
    showErrors: showErrors(columnMasks, question),
  };
}

function columnMask(
  masks: readonly CompiledMask[],
  question: Question,
  output: OutputColumn,
): ColumnMask | null {
  const strict = (mask: MaskRule, columns: readonly Resource[]): ColumnMask => ({
    with: 'redact',
    columns,
    domain: mask.domain,
    nulls: 'hidden',
  });
  const found = output.sources.map(({ column }) => ({
    column,
    masks: masksOfColumn(masks, question, column),
  }));
  const hiding = found.filter((source) => source.masks.length > 0);
  const columns = [...new Set(hiding.map(({ column }) => column))].sort();
  const mask = strictest(hiding.flatMap((source) => source.masks));
  if (!output.proven || !output.sources.every(({ column }) => isOneColumn(column))) {
    const any = mask ?? strictest(masks);
    return any === null ? null : strict(any, columns.length > 0 ? columns : ['column:*']);
  }
  if (mask === null) return null;
  if (!isPlain(output.sources)) return strict(mask, columns);
  const restore = mask.with === 'tokenize' && mask.restore === true ? { restore: true as const } : {};
  return { with: mask.with, columns, domain: mask.domain, nulls: 'shown', ...restore };
}

/** An expression over a protected column can be made to give it away piece by piece: only a column as it is keeps its form. */
function isPlain(sources: readonly ColumnSource[]): boolean {
  return sources.length === 1 && sources[0]?.how === 'as_is';
}

function strictest(masks: readonly CompiledMask[]): MaskRule | null {
  for (const kind of maskKinds) {
    const found = masks.find(({ mask }) => mask.with === kind);
    if (found !== undefined) return found.mask;
  }
  return null;
}

function detectorMask(compiled: CompiledMask, question: Question): readonly DetectorMask[] {
  const { mask } = compiled;
  if (mask.detect === undefined || !holdsForAll(compiled, question)) return [];
  return [
    { with: mask.with, detect: mask.detect, names: mask.detectNames ?? mask.detect, domain: mask.domain },
  ];
}

function pathMask(compiled: CompiledMask, question: Question): readonly PathMask[] {
  const { jsonPaths, with: how, domain } = compiled.mask;
  if (jsonPaths === undefined || !holdsForAll(compiled, question)) return [];
  return [{ with: how, paths: jsonPaths, domain }];
}

/** Whether a mask that looks at whatever comes back holds for this call. */
function holdsForAll(compiled: CompiledMask, question: Question): boolean {
  const atoms = question.effects.flatMap(atomsOf);
  const spokenOf = atoms.length === 0 || atoms.some((atom) => matchesResource(compiled, atom, 'could'));
  return (compiled.patterns === null || spokenOf) && !excepted(compiled, question, atoms);
}

/** The kinds of which a target's errors quote nothing but names, where no masked column is near. */
const harmless: ReadonlySet<string> = new Set(['table', 'column', 'schema', 'sequence']);

/** Errors quote values: they are shown only where no masked column can stand in them. */
function showErrors(masks: readonly CompiledMask[], question: Question): boolean {
  if (masks.length === 0) return true;
  const { outputs, usesProven } = question.lineage;
  if (!usesProven || !outputs.every(({ proven }) => proven)) return false;
  return question.effects.every((effect) => {
    if (!harmless.has(splitResource(effect.resource).kind)) return false;
    const tables = new Set(atomsOf(effect).map(({ table }) => table));
    return ![...tables].some((table) => table !== null && holdsMasked(masks, table));
  });
}

/** Whether a table may hold a column that one of the masks hides. */
export function holdsMasked(masks: readonly CompiledMask[], table: string): boolean {
  const columns = `column:${table.slice('table:'.length)}.`;
  return masks.some((compiled) => compiled.columns.some((pattern) => pattern.couldMatchBelow(columns)));
}
