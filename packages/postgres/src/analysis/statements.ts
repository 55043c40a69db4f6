/** The visitors of statements, by the kind of their node. What has none here is denied with its name. */
import type { Node } from '../ast/nodes.ts';
import { type Context, notSupported } from './context.ts';
import { queryStatements } from './query-statements.ts';
import { sessionStatements } from './session-statements.ts';
import type { StatementTraits } from './statement.ts';

export type StatementVisitor = (context: Context, node: Node) => StatementTraits;

const visitors: ReadonlyMap<string, StatementVisitor> = new Map([...queryStatements, ...sessionStatements]);

export function statementVisitor(kind: string): StatementVisitor {
  const visitor = visitors.get(kind);
  if (visitor === undefined) throw notSupported(`the statement ${statementName(kind)}`);
  return visitor;
}

/** `CreateTableAsStmt` as people read it: `create table as`. */
export function statementName(kind: string): string {
  return kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}
