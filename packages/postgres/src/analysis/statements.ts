/** The visitors of statements, by the kind of their node. What has none here is denied with its name. */
import type { Node } from '../ast/nodes.ts';
import { administrationStatements } from './administration-statements.ts';
import { type Context, notSupported } from './context.ts';
import { dataStatements } from './data-statements.ts';
import { definitionStatements } from './definition-statements.ts';
import { queryStatements } from './query-statements.ts';
import { sessionStatements } from './session-statements.ts';
import type { StatementTraits } from './statement.ts';
import { typeStatements } from './type-statements.ts';

export type StatementVisitor = (context: Context, node: Node) => StatementTraits;

let visitors: ReadonlyMap<string, StatementVisitor> | undefined;

/** Put together at the first use: visitors of statements within statements come back here. */
function allVisitors(): ReadonlyMap<string, StatementVisitor> {
  return new Map([
    ...queryStatements,
    ...dataStatements,
    ...definitionStatements,
    ...typeStatements,
    ...administrationStatements,
    ...sessionStatements,
  ]);
}

export function statementVisitor(kind: string): StatementVisitor {
  const visitor = (visitors ??= allVisitors()).get(kind);
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
