/** The exact text of each statement: the parser gives places in UTF-8 bytes, JavaScript counts UTF-16 units. */
import type { RawStatement } from '../ast/nodes.ts';

/**
 * Cuts a text into its statements, without the semicolons between them.
 *
 * @param statements Of the same text, as the parser gave them.
 */
export function splitStatements(sql: string, statements: readonly RawStatement[]): string[] {
  const bytes = Buffer.from(sql);
  return statements.map(({ stmt_location = 0, stmt_len = 0 }) => {
    const end = stmt_len === 0 ? bytes.length : stmt_location + stmt_len;
    return bytes.subarray(stmt_location, end).toString();
  });
}
