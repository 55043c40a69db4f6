/** CREATE and ALTER of what is neither a relation nor a function: types, sequences, operators, casts, schemas. */
import { type Action, CountersignError, type Resource, resource } from '@countersign/core';
import { fieldsOf, kindOf, type Node, type RangeVar, stringsOf, type TypeName } from '../ast/nodes.ts';
import { type Context, notSupported } from './context.ts';
import { change, definition, definitionExpressions } from './ddl.ts';
import { alterRelation } from './definition-statements.ts';
import { creationSchema, newRelation, objectEffect, type SchemaVerb } from './objects.ts';
import { type StatementVisitor, statementName } from './statements.ts';
import { writtenName } from './types.ts';

type Visit = StatementVisitor;

const sequence =
  (verb: SchemaVerb): Visit =>
  (context, node) => {
    const { sequence: range, missing_ok } = fieldsOf<{ sequence: RangeVar; missing_ok?: boolean }>(node);
    if (verb === 'create') change(context, 'schema.create', newRelation(context, range, 'sequence'));
    else {
      const found = objectEffect(context, 'OBJECT_SEQUENCE', nodeOf(range), verb, missing_ok === true);
      change(context, found.action, found.resource);
    }
    return definition(context, `${verb}_sequence`);
  };

const nodeOf = (range: RangeVar): Node => ({ RangeVar: range });

/** Types and domains by the name the statement gives. */
const type =
  (kind: string, verb: SchemaVerb, name: (node: Node) => readonly string[]): Visit =>
  (context, node) => {
    const names = name(node);
    change(context, `schema.${verb}`, typeResource(context, names));
    if (kind === 'alter_domain') definitionExpressions(context, null, fieldsOf<{ def?: Node }>(node).def);
    return definition(context, kind);
  };

function typeResource(context: Context, names: readonly string[]): Resource {
  context.reliedOn.name('pg_type', names.at(-1) ?? '');
  return resource('type', names.at(-2) ?? creationSchema(context), names.at(-1) ?? '');
}

const listed =
  (field: string) =>
  (node: Node): readonly string[] =>
    stringsOf(fieldsOf<Readonly<Record<string, readonly Node[]>>>(node)[field]);

const createSchema: Visit = (context, node) => {
  const { schemaname, schemaElts, authrole } = fieldsOf<{
    schemaname?: string;
    schemaElts?: readonly Node[];
    authrole?: { rolename?: string };
  }>(node);
  const schema = schemaname ?? authrole?.rolename ?? '';
  change(context, 'schema.create', resource('schema', schema));
  for (const element of schemaElts ?? []) schemaElement(context, schema, element, schemaElts ?? []);
  return definition(context, 'create_schema');
};

/** What CREATE SCHEMA makes along with the schema. What its elements are made on may be another of them. */
function schemaElement(context: Context, schema: string, element: Node, all: readonly Node[]): void {
  const kind = kindOf(element);
  const fields = fieldsOf<{ relation?: RangeVar; view?: RangeVar; sequence?: RangeVar; objects?: Node[] }>(
    element,
  );
  const made = fields.view ?? fields.sequence ?? fields.relation;
  const ranges = made === undefined ? (fields.objects ?? []).map((node) => fieldsOf<RangeVar>(node)) : [made];
  const action = schemaActions.get(kind);
  if (action === undefined || ranges.some(({ relname }) => relname === undefined))
    throw notSupported(`CREATE SCHEMA with ${statementName(kind)}`);
  for (const range of ranges) {
    if (range.relpersistence === 't')
      throw new CountersignError('needs_native_session', { what: 'a temporary object' });
    if (range.schemaname !== undefined && range.schemaname !== schema)
      throw notSupported('CREATE SCHEMA with an element of another');
    change(context, action, resource(kind === 'CreateSeqStmt' ? 'sequence' : 'table', schema, range.relname));
  }
  // An index is made on a table that this statement makes: its columns are those that stand there.
  if (kind === 'CreateStmt') definitionExpressions(context, null, fieldsOf(element));
  if (kind === 'IndexStmt')
    definitionExpressions(context, null, [all.filter((one) => kindOf(one) === 'CreateStmt'), element]);
}

const schemaActions: ReadonlyMap<string, Action> = new Map([
  ['CreateStmt', 'schema.create'],
  ['ViewStmt', 'schema.create'],
  ['CreateSeqStmt', 'schema.create'],
  ['IndexStmt', 'schema.alter'],
  ['CreateTrigStmt', 'schema.alter'],
  ['GrantStmt', 'admin'],
]);

const statistics: Visit = (context, node) => {
  const { relations = [], defnames } = fieldsOf<{ relations?: readonly Node[]; defnames?: readonly Node[] }>(
    node,
  );
  for (const range of relations) alterRelation(context, fieldsOf<RangeVar>(range), 'alter');
  if (relations.length === 0) {
    const names = stringsOf(defnames);
    change(
      context,
      'schema.alter',
      resource('statistics', names.at(-2) ?? creationSchema(context), names.at(-1) ?? ''),
    );
  }
  return definition(context, 'create_statistics');
};

/** CREATE of what is defined by a list of options. */
const define: Visit = (context, node) => {
  const { kind, defnames } = fieldsOf<{ kind: string; defnames?: readonly Node[] }>(node);
  const names = stringsOf(defnames);
  const what = definedKinds.get(kind);
  if (what === undefined) throw notSupported(`create ${kind.replace(/^OBJECT_/, '').toLowerCase()}`);
  change(
    context,
    'schema.create',
    resource(what, names.at(-2) ?? creationSchema(context), names.at(-1) ?? ''),
  );
  return definition(context, `create_${what}`);
};

const definedKinds: ReadonlyMap<string, string> = new Map([
  ['OBJECT_TYPE', 'type'],
  ['OBJECT_AGGREGATE', 'function'],
  ['OBJECT_OPERATOR', 'operator'],
  ['OBJECT_COLLATION', 'collation'],
  ['OBJECT_TSCONFIGURATION', 'text_search'],
  ['OBJECT_TSDICTIONARY', 'text_search'],
  ['OBJECT_TSPARSER', 'text_search'],
  ['OBJECT_TSTEMPLATE', 'text_search'],
]);

/** CREATE and ALTER of what a list of names in the statement names. */
const listedObject =
  (kind: string, what: string, verb: SchemaVerb, field: string): Visit =>
  (context, node) => {
    const names = listed(field)(node);
    const target = resource(what, names.at(-2) ?? creationSchema(context), names.at(-1) ?? '');
    change(context, `schema.${verb}`, target);
    return definition(context, kind);
  };

/** A cast is found by its types, and every later statement may use it. */
const createCast: Visit = (context, node) => {
  const { sourcetype, targettype } = fieldsOf<{ sourcetype: TypeName; targettype: TypeName }>(node);
  change(context, 'schema.create', resource('cast', writtenName(sourcetype), writtenName(targettype)));
  return definition(context, 'create_cast');
};

const createTransform: Visit = (context, node) => {
  const { type_name: typeName, lang } = fieldsOf<{ type_name: TypeName; lang: string }>(node);
  change(context, 'schema.create', resource('transform', writtenName(typeName), lang));
  return definition(context, 'create_transform');
};

const alterOperator: Visit = (context, node) => {
  const { opername } = fieldsOf<{ opername: object }>(node);
  const found = objectEffect(context, 'OBJECT_OPERATOR', { ObjectWithArgs: opername }, 'alter');
  change(context, found.action, found.resource);
  return definition(context, 'alter_operator');
};

export const typeStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['CreateSeqStmt', sequence('create')],
  ['AlterSeqStmt', sequence('alter')],
  ['CreateEnumStmt', type('create_type', 'create', listed('typeName'))],
  ['AlterEnumStmt', type('alter_type', 'alter', listed('typeName'))],
  ['CreateRangeStmt', type('create_type', 'create', listed('typeName'))],
  ['CompositeTypeStmt', type('create_type', 'create', compositeName)],
  ['CreateDomainStmt', type('create_domain', 'create', listed('domainname'))],
  ['AlterDomainStmt', type('alter_domain', 'alter', listed('typeName'))],
  ['CreateSchemaStmt', createSchema],
  ['CreateStatsStmt', statistics],
  ['AlterTypeStmt', type('alter_type', 'alter', listed('typeName'))],
  ['AlterStatsStmt', statistics],
  ['DefineStmt', define],
  ['CreateCastStmt', createCast],
  ['CreateTransformStmt', createTransform],
  ['CreateConversionStmt', listedObject('create_conversion', 'conversion', 'create', 'conversion_name')],
  ['CreateOpClassStmt', listedObject('create_operator_class', 'operator_class', 'create', 'opclassname')],
  ['CreateOpFamilyStmt', listedObject('create_operator_family', 'operator_family', 'create', 'opfamilyname')],
  ['AlterOpFamilyStmt', listedObject('alter_operator_family', 'operator_family', 'alter', 'opfamilyname')],
  ['AlterOperatorStmt', alterOperator],
  ['AlterTSDictionaryStmt', listedObject('alter_text_search', 'text_search', 'alter', 'dictname')],
  ['AlterTSConfigurationStmt', listedObject('alter_text_search', 'text_search', 'alter', 'cfgname')],
  ['AlterCollationStmt', listedObject('alter_collation', 'collation', 'alter', 'collname')],
];

function compositeName(node: Node): readonly string[] {
  const { schemaname, relname } = fieldsOf<{ typevar: RangeVar }>(node).typevar;
  return schemaname === undefined ? [relname] : [schemaname, relname];
}
