/** The catalog's JSON, as `catalogQuery` yields it, checked and built into a {@link Catalog}. */
import { CountersignError } from '@countersign/core';
import type { Major } from '../major.ts';
import type {
  Catalog,
  Column,
  ForeignKey,
  NamedCatalog,
  PartCatalog,
  ReferentialAction,
  Relation,
  RelationKind,
  Rule,
  Trigger,
  TypeInfo,
  UserFunction,
  WriteEvent,
} from './catalog.ts';
import { isBuiltIn } from './catalog.ts';

/** A row of the JSON: an array of known places. */
type Row = readonly unknown[];

const malformed = (what: string) =>
  new CountersignError('malformed', { what, expected: 'a catalog as its query yields it' });

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed('a catalog with a missing text');
  return value;
}
const optional = (value: unknown): string | null =>
  value === null || value === undefined ? null : text(value);
const texts = (value: unknown): string[] => rowsOf(value).map(text);

function rowsOf(value: unknown): Row {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw malformed('a catalog with a missing list');
  return value as Row;
}
const listOf = <T>(value: unknown, read: (row: Row) => T): T[] =>
  rowsOf(value).map((row) => read(rowsOf(row)));

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

const mapOf = (value: unknown): Map<string, string> =>
  new Map(Object.entries(value ?? {}).map(([key, item]) => [key, text(item)]));

const readColumn = ([name, type, defaultTo, generated, identity, number]: Row): Column => ({
  name: text(name),
  type: text(type),
  number: Number(number ?? 0),
  default: optional(defaultTo),
  generated: generated === 's' ? 'stored' : generated === 'v' ? 'virtual' : null,
  identity: identity === true,
});

/** Bits of `pg_trigger.tgtype`. */
const triggerEvents: readonly (readonly [number, WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];

const readTrigger = ([name, type, fn, when, columns]: Row): Trigger => ({
  name: text(name),
  events: new Set(triggerEvents.filter(([bit]) => (Number(type) & bit) !== 0).map(([, event]) => event)),
  insteadOf: (Number(type) & 64) !== 0,
  function: text(fn),
  columns: texts(columns),
  when: when === true,
});

const ruleEvents: Readonly<Record<string, Rule['event']>> = {
  '1': 'select',
  '2': 'update',
  '3': 'insert',
  '4': 'delete',
};

function readRule([name, event, instead, definition]: Row): Rule {
  const known = ruleEvents[text(event)];
  if (known === undefined) throw malformed('a rule of an unknown event');
  return { name: text(name), event: known, instead: instead === true, definition: text(definition) };
}

const referentialActions: Readonly<Record<string, ReferentialAction>> = {
  c: 'cascade',
  n: 'set_null',
  d: 'set_default',
};

const readForeignKey = ([name, relation, columns, referenced, onUpdate, onDelete]: Row): ForeignKey => ({
  name: text(name),
  relation: text(relation),
  columns: texts(columns),
  referencedColumns: texts(referenced),
  onUpdate: referentialActions[text(onUpdate)] ?? 'nothing',
  onDelete: referentialActions[text(onDelete)] ?? 'nothing',
});

const policyCommands = { r: 'select', a: 'insert', w: 'update', d: 'delete', '*': 'all' } as const;

function readRelation(row: Row): Relation {
  const [oid, schema, name, kind, rowSecurity, xmin, parts, columns, definition] = row;
  const [triggers, rules, references, policies, expressions, parents, children] = row.slice(9);
  const [server, belongsTo, partitionKey, keys, comparedBy] = row.slice(16);
  return {
    oid: text(oid),
    schema: text(schema),
    name: text(name),
    kind: text(kind) as RelationKind,
    system: isBuiltIn(text(oid)),
    rowSecurity: rowSecurity === true,
    xmin: text(xmin),
    parts: mapOf(parts) as Map<PartCatalog, string>,
    columns: listOf(columns, readColumn),
    definition: optional(definition),
    triggers: listOf(triggers, readTrigger),
    rules: listOf(rules, readRule),
    referencedBy: listOf(references, readForeignKey),
    policies: listOf(policies, ([policy, command, using, check]) => ({
      name: text(policy),
      command: policyCommands[text(command) as keyof typeof policyCommands],
      using: optional(using),
      check: optional(check),
    })),
    expressions: listOf(expressions, ([of, expression]) => ({
      of: text(of),
      expression: text(expression),
    })),
    parents: texts(parents),
    children: texts(children),
    server: optional(server),
    belongsTo: optional(belongsTo),
    partitionKey: texts(partitionKey),
    keys: new Map(listOf(keys, ([constraint, names]) => [text(constraint), texts(names)])),
    rowKeys: listOf(keys, ([, names, identifies]) => (identifies === true ? [texts(names)] : [])).flat(),
    comparedBy: texts(comparedBy),
  };
}

const readFunction = (row: Row): UserFunction => ({
  oid: text(row[0]),
  schema: text(row[1]),
  name: text(row[2]),
  kind: text(row[3]) as UserFunction['kind'],
  arguments: texts(row[4]),
  defaults: Number(row[5]),
  variadic: row[6] === true,
  returns: text(row[7]),
  returnsSet: row[8] === true,
  outputs: texts(row[9]),
  xmin: text(row[10]),
  argumentTypes: texts(row[11]),
  outputTypes: texts(row[12]),
  // One that is not known is none of the server's libraries, and then the whole is not.
  symbols: rowsOf(row[13]).includes(null) ? [] : texts(row[13]),
});

const readType = (row: Row): TypeInfo => ({
  oid: text(row[0]),
  schema: text(row[1]),
  name: text(row[2]),
  kind: text(row[3]) as TypeInfo['kind'],
  relation: optional(row[4]),
  element: optional(row[5]),
  base: optional(row[6]),
  input: optional(row[7]),
  checks: texts(row[8]),
  xmin: text(row[9]),
  category: text(row[10]),
  preferred: row[11] === true,
  bounds: optional(row[12]),
  comparedBy: texts(row[13]),
});

/**
 * Builds a catalog from the JSON text that `catalogQuery` yielded.
 *
 * @throws {CountersignError} `malformed` where the text is not one, or comes from a server of another major version.
 */
export function readCatalog(json: string, major: Major): Catalog {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new CountersignError('malformed', { what: 'a catalog that is not JSON' }, { cause });
  }
  const served = Math.floor(Number(document.version) / 10_000);
  if (served !== major) throw malformed(`a catalog of PostgreSQL ${served}, analysed as ${major}`);
  const relations = listOf(document.relations, readRelation);
  const functions = listOf(document.functions, readFunction);
  const types = listOf(document.types, readType);
  const names = (document.names ?? {}) as Readonly<Record<NamedCatalog, unknown>>;
  return {
    major,
    database: text(document.database),
    searchPath: texts(document.search_path),
    schemas: new Set(texts(document.schemas)),
    relations: new Map(
      [...groupBy(relations, (r) => r.name)].map(([name, same]) => [
        name,
        new Map(same.map((r) => [r.schema, r])),
      ]),
    ),
    relationsByOid: new Map(relations.map((r) => [r.oid, r])),
    functions: groupBy(functions, (f) => f.name),
    functionsByOid: new Map(functions.map((f) => [f.oid, f])),
    types: new Map(types.map((t) => [t.oid, t])),
    arrays: new Map(types.flatMap((t) => (t.element === null ? [] : [[t.element, t.oid]]))),
    typesByName: groupBy(types, (t) => t.name),
    operators: groupBy(
      listOf(document.operators, (row) => ({
        oid: text(row[0]),
        schema: text(row[1]),
        name: text(row[2]),
        left: optional(row[3]),
        right: optional(row[4]),
        function: text(row[5]),
        returns: text(row[6]),
      })),
      (o) => o.name,
    ),
    casts: listOf(document.casts, (row) => ({
      source: text(row[0]),
      target: text(row[1]),
      implicit: row[2] === true,
      function: optional(row[3]),
    })),
    eventTriggers: listOf(document.event_triggers, ([name, fn]) => ({
      name: text(name),
      function: text(fn),
    })),
    dependents:
      document.dependents === undefined
        ? null
        : new Map(
            listOf(document.dependents, ([object, version, list]) => [
              text(object),
              {
                version: text(version),
                list: listOf(list, ([dependent, column, onColumn, how]) => ({
                  object: text(dependent),
                  column: Number(column),
                  onColumn: Number(onColumn),
                  how: text(how),
                })),
              },
            ]),
          ),
    others: listOf(document.others, ([object, name, of, schema]) => ({
      object: text(object),
      name: text(name),
      schema: optional(schema),
      of: optional(of),
    })),
    names: {
      pg_class: mapOf(names.pg_class),
      pg_proc: mapOf(names.pg_proc),
      pg_type: mapOf(names.pg_type),
      pg_constraint: mapOf(names.pg_constraint),
      pg_operator: mapOf(names.pg_operator),
      pg_opclass: mapOf(names.pg_opclass),
      pg_amop: mapOf(names.pg_amop),
      pg_amproc: mapOf(names.pg_amproc),
      pg_cast: mapOf(names.pg_cast),
      pg_event_trigger: mapOf(names.pg_event_trigger),
    },
  };
}
