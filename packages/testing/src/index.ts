/**
 * A Countersign gateway in your test's process, with a scripted approver and real databases.
 *
 * @module
 */
export type { ApprovalView, LedgerEvent } from '@countersign/core';
export {
  type DatabaseOptions,
  type PostgresOptions,
  type PostgresServer,
  type RestartMode,
  startPostgres,
  type TestDatabase,
} from './postgres.ts';
export type { RecordedCall } from './recorded-calls.ts';
export {
  type Answer,
  type Approver,
  type ApproverStep,
  approve,
  type Responder,
  reject,
  type ScriptedApprover,
  scriptedApprover,
  UnconsumedApprovalStepsError,
  UnexpectedApprovalError,
} from './scripted-approver.ts';
export { type TestGateway, type TestGatewayOptions, testGateway } from './test-gateway.ts';
export { NoEligiblePeopleError } from './voting.ts';
