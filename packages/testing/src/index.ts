/**
 * A Countersign gateway in your test's process, with a scripted approver and real databases.
 *
 * @module
 */
export {
  type DatabaseOptions,
  type PostgresOptions,
  type PostgresServer,
  type RestartMode,
  startPostgres,
  type TestDatabase,
} from './postgres.ts';
