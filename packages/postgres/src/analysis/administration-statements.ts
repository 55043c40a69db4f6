/** Roles, privileges, extensions, foreign servers, replication, the server itself: `admin`, each on what it names. */
import { type Resource, resource } from '@countersign/core';
import { asKind, fieldsOf, type Node, type RangeVar, stringsOf } from '../ast/nodes.ts';
import { type Context, tableResource } from './context.ts';
import { administration, definition } from './ddl.ts';
import { objectEffect, relationResource } from './objects.ts';
import { findRelation } from './relations.ts';
import type { StatementVisitor } from './statements.ts';

interface RoleSpec {
  readonly rolename?: string;
  readonly roletype?: string;
}

const roleName = (role: RoleSpec | undefined): string =>
  role?.rolename ?? (role?.roletype ?? 'ROLESPEC_CURRENT_USER').replace('ROLESPEC_', '').toLowerCase();
const roleNames = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).map((node) => roleName(asKind<RoleSpec>(node, 'RoleSpec') ?? undefined));

/** A statement on one thing that a field names. */
const on =
  (kind: string, resourceKind: string, field: string, inTransaction = true): StatementVisitor =>
  (context, node) => {
    const value = fieldsOf<Readonly<Record<string, string | RoleSpec | undefined>>>(node)[field];
    const name = typeof value === 'string' ? value : roleName(value);
    return administration(context, kind, resource(resourceKind, name), { inTransaction });
  };

const roles =
  (kind: string, field: string): StatementVisitor =>
  (context, node) => {
    const names = roleNames(fieldsOf<Readonly<Record<string, readonly Node[]>>>(node)[field]);
    for (const name of names) context.effects.add('admin', resource('role', name));
    return definition(context, kind);
  };

/** LOAD runs code from one of the server's files. */
const load: StatementVisitor = (context, node) => {
  const { filename } = fieldsOf<{ filename: string }>(node);
  return administration(context, 'load', resource('file', ...filename.split('/')));
};

/** GRANT and REVOKE of a role: the role, and who gets it. */
const grantRole: StatementVisitor = (context, node) => {
  const { granted_roles = [], grantee_roles } = fieldsOf<{
    granted_roles?: readonly Node[];
    grantee_roles?: readonly Node[];
  }>(node);
  for (const granted of granted_roles)
    context.effects.add(
      'admin',
      resource('role', asKind<{ priv_name?: string }>(granted, 'AccessPriv')?.priv_name ?? ''),
    );
  for (const name of roleNames(grantee_roles)) context.effects.add('admin', resource('role', name));
  return definition(context, 'grant_role');
};

/** GRANT and REVOKE of privileges: the objects, whichever privilege. */
const grant: StatementVisitor = (context, node) => {
  const {
    targtype,
    objtype,
    objects = [],
  } = fieldsOf<{
    targtype: string;
    objtype: string;
    objects?: readonly Node[];
  }>(node);
  for (const object of objects) {
    if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
      context.effects.add('admin', resource('schema', stringsOf([object])[0] ?? ''));
      continue;
    }
    context.effects.add('admin', grantedObject(context, objtype, object));
  }
  return definition(context, 'grant');
};

function grantedObject(context: Context, objtype: string, object: Node): Resource {
  const range = asKind<RangeVar>(object, 'RangeVar');
  if (range !== null) return relationResource(context, findRelation(context, range));
  if (objtype === 'OBJECT_LARGEOBJECT') return resource('large_object', '');
  return objectEffect(context, objtype, object, 'alter').resource;
}

const fixed =
  (kind: string, target: Resource, inTransaction = true): StatementVisitor =>
  (context) =>
    administration(context, kind, target, { inTransaction });

const securityLabel: StatementVisitor = (context, node) => {
  const { objtype, object } = fieldsOf<{ objtype: string; object: Node }>(node);
  return administration(context, 'security_label', objectEffect(context, objtype, object, 'alter').resource);
};

const systemSetting: StatementVisitor = (context, node) => {
  const { setstmt } = fieldsOf<{ setstmt: { name?: string } }>(node);
  return administration(context, 'alter_system', resource('setting', setstmt.name ?? 'all'), {
    inTransaction: false,
  });
};

/** VACUUM and ANALYZE of tables, or of all. */
const maintenance: StatementVisitor = (context, node) => {
  const { rels = [], is_vacuumcmd = false } = fieldsOf<{ rels?: readonly Node[]; is_vacuumcmd?: boolean }>(
    node,
  );
  for (const rel of rels) {
    const { relation } = fieldsOf<{ relation?: RangeVar }>(rel);
    if (relation !== undefined) context.effects.add('admin', tableResource(findRelation(context, relation)));
  }
  if (rels.length === 0) context.effects.add('admin', resource('database', context.catalog.database));
  const kind = is_vacuumcmd ? 'vacuum' : 'analyze';
  return definition(context, kind, { inTransaction: !is_vacuumcmd });
};

const reindex: StatementVisitor = (context, node) => {
  const {
    kind,
    relation,
    name,
    params = [],
  } = fieldsOf<{
    kind: string;
    relation?: RangeVar;
    name?: string;
    params?: readonly Node[];
  }>(node);
  const one = kind === 'REINDEX_OBJECT_INDEX' || kind === 'REINDEX_OBJECT_TABLE';
  const target =
    relation === undefined
      ? resource(kind === 'REINDEX_OBJECT_SCHEMA' ? 'schema' : 'database', name ?? context.catalog.database)
      : relationResource(context, findRelation(context, relation));
  const concurrently = params.some(
    (param) => asKind<{ defname?: string }>(param, 'DefElem')?.defname === 'concurrently',
  );
  return administration(context, 'reindex', target, { inTransaction: one && !concurrently });
};

const cluster: StatementVisitor = (context, node) => {
  const { relation } = fieldsOf<{ relation?: RangeVar }>(node);
  const target =
    relation === undefined
      ? resource('database', context.catalog.database)
      : tableResource(findRelation(context, relation));
  return administration(context, 'cluster', target, { inTransaction: relation !== undefined });
};

const checkpoint: StatementVisitor = (context) =>
  administration(context, 'checkpoint', resource('database', context.catalog.database));

export const administrationStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['LoadStmt', load],
  ['CreateRoleStmt', on('create_role', 'role', 'role')],
  ['AlterRoleStmt', on('alter_role', 'role', 'role')],
  ['AlterRoleSetStmt', on('alter_role', 'role', 'role')],
  ['DropRoleStmt', roles('drop_role', 'roles')],
  ['DropOwnedStmt', roles('drop_owned', 'roles')],
  ['ReassignOwnedStmt', roles('reassign_owned', 'roles')],
  ['GrantRoleStmt', grantRole],
  ['GrantStmt', grant],
  ['AlterDefaultPrivilegesStmt', fixed('alter_default_privileges', resource('schema', 'default privileges'))],
  ['AlterSystemStmt', systemSetting],
  ['CreatedbStmt', on('create_database', 'database', 'dbname', false)],
  ['DropdbStmt', on('drop_database', 'database', 'dbname', false)],
  ['AlterDatabaseStmt', on('alter_database', 'database', 'dbname', false)],
  ['AlterDatabaseSetStmt', on('alter_database', 'database', 'dbname')],
  ['AlterDatabaseRefreshCollStmt', on('alter_database', 'database', 'dbname')],
  ['CreateTableSpaceStmt', on('create_tablespace', 'tablespace', 'tablespacename', false)],
  ['DropTableSpaceStmt', on('drop_tablespace', 'tablespace', 'tablespacename', false)],
  ['AlterTableSpaceOptionsStmt', on('alter_tablespace', 'tablespace', 'tablespacename')],
  ['AlterTableMoveAllStmt', on('alter_tablespace', 'tablespace', 'orig_tablespacename')],
  ['CreateExtensionStmt', on('create_extension', 'extension', 'extname')],
  ['AlterExtensionStmt', on('alter_extension', 'extension', 'extname')],
  ['AlterExtensionContentsStmt', on('alter_extension', 'extension', 'extname')],
  ['CreateFdwStmt', on('create_foreign_data_wrapper', 'foreign_data_wrapper', 'fdwname')],
  ['AlterFdwStmt', on('alter_foreign_data_wrapper', 'foreign_data_wrapper', 'fdwname')],
  ['CreateForeignServerStmt', on('create_server', 'server', 'servername')],
  ['AlterForeignServerStmt', on('alter_server', 'server', 'servername')],
  ['CreateUserMappingStmt', on('create_user_mapping', 'server', 'servername')],
  ['AlterUserMappingStmt', on('alter_user_mapping', 'server', 'servername')],
  ['DropUserMappingStmt', on('drop_user_mapping', 'server', 'servername')],
  ['ImportForeignSchemaStmt', on('import_foreign_schema', 'server', 'server_name')],
  ['CreatePublicationStmt', on('create_publication', 'publication', 'pubname')],
  ['AlterPublicationStmt', on('alter_publication', 'publication', 'pubname')],
  ['CreateSubscriptionStmt', on('create_subscription', 'subscription', 'subname', false)],
  ['AlterSubscriptionStmt', on('alter_subscription', 'subscription', 'subname', false)],
  ['DropSubscriptionStmt', on('drop_subscription', 'subscription', 'subname', false)],
  ['CreateEventTrigStmt', on('create_event_trigger', 'event_trigger', 'trigname')],
  ['AlterEventTrigStmt', on('alter_event_trigger', 'event_trigger', 'trigname')],
  ['CreatePLangStmt', on('create_language', 'language', 'plname')],
  ['CreateAmStmt', on('create_access_method', 'access_method', 'amname')],
  ['SecLabelStmt', securityLabel],
  ['VacuumStmt', maintenance],
  ['ReindexStmt', reindex],
  ['ClusterStmt', cluster],
  ['CheckPointStmt', checkpoint],
];
