/** Statements that begin, end or change a session or a transaction. A call has neither of its own. */
import { CountersignError } from '@countersign/core';
import type { StatementVisitor } from './statements.ts';

const needsSession =
  (what: string): StatementVisitor =>
  () => {
    throw new CountersignError('needs_native_session', { what });
  };

export const sessionStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['TransactionStmt', needsSession('transaction control')],
  ['PrepareStmt', needsSession('PREPARE')],
  ['ExecuteStmt', needsSession('EXECUTE')],
  ['DeallocateStmt', needsSession('DEALLOCATE')],
  ['DeclareCursorStmt', needsSession('a cursor')],
  ['FetchStmt', needsSession('a cursor')],
  ['ClosePortalStmt', needsSession('a cursor')],
  ['ListenStmt', needsSession('LISTEN')],
  ['UnlistenStmt', needsSession('UNLISTEN')],
  ['NotifyStmt', needsSession('NOTIFY')],
  ['VariableSetStmt', needsSession('SET')],
  ['ConstraintsSetStmt', needsSession('SET CONSTRAINTS')],
  ['LockStmt', needsSession('LOCK')],
  ['DiscardStmt', needsSession('DISCARD')],
  ['LoadStmt', needsSession('LOAD')],
  ['CheckPointStmt', needsSession('CHECKPOINT')],
];
