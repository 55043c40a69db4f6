/**
 * A fault as the log may hold it: its kind, its code, and where it was thrown. Never its message: a driver's quotes
 * rows, a parser's the text it read.
 */
const frames = 6;
const causes = 3;

export function faultForLog(thrown: unknown, depth = causes): string {
  if (!(thrown instanceof Error)) return `thrown ${typeof thrown}`;
  const { code } = thrown as { code?: unknown };
  const kind =
    typeof code === 'string' && /^[A-Za-z0-9_]{1,60}$/.test(code) ? `${thrown.name} ${code}` : thrown.name;
  const stack = thrown.stack ?? '';
  const afterMessage = stack.indexOf(thrown.message) + thrown.message.length;
  const where = stack
    .slice(afterMessage)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, frames);
  const cause = thrown.cause === undefined || depth === 0 ? '' : ` < ${faultForLog(thrown.cause, depth - 1)}`;
  return [kind, ...where.map((line) => line.trim())].join(' ') + cause;
}
