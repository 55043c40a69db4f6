/** Statements that begin, end or change a session or a transaction. A call has neither of its own. */
import { CountersignError } from '@countersign/core';
import { fieldsOf, type Node } from '../ast/nodes.ts';
import type { StatementVisitor } from './statements.ts';

const needsSession =
  (what: string | ((node: Node) => string)): StatementVisitor =>
  (_context, node) => {
    throw new CountersignError('needs_native_session', {
      what: typeof what === 'string' ? what : what(node),
    });
  };

/** `TRANS_STMT_ROLLBACK_TO` → `ROLLBACK TO`: which of them it is. */
const transaction = (node: Node): string =>
  fieldsOf<{ kind: string }>(node)
    .kind.replace(/^TRANS_STMT_/, '')
    .replaceAll('_', ' ');

/** SET or RESET, and of what. */
function setting(node: Node): string {
  const { kind, name = 'ALL' } = fieldsOf<{ kind: string; name?: string }>(node);
  return `${kind.startsWith('VAR_RESET') ? 'RESET' : 'SET'} ${name}`;
}

export const sessionStatements: readonly (readonly [string, StatementVisitor])[] = [
  ['TransactionStmt', needsSession(transaction)],
  ['PrepareStmt', needsSession('PREPARE')],
  ['ExecuteStmt', needsSession('EXECUTE')],
  ['DeallocateStmt', needsSession('DEALLOCATE')],
  ['DeclareCursorStmt', needsSession('a cursor')],
  ['FetchStmt', needsSession('a cursor')],
  ['ClosePortalStmt', needsSession('a cursor')],
  ['ListenStmt', needsSession('LISTEN')],
  ['UnlistenStmt', needsSession('UNLISTEN')],
  ['VariableSetStmt', needsSession(setting)],
  ['ConstraintsSetStmt', needsSession('SET CONSTRAINTS')],
  ['DiscardStmt', needsSession('DISCARD')],
];
