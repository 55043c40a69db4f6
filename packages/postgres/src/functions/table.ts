/** The server's own functions by what calling one does: the table in `docs/sql.md`. */
import { builtinFunctionLines } from '../generated/builtins.ts';
import { type Major, supportedMajors } from '../major.ts';
import { builtinFunctions } from './builtins.ts';
import { harmOf, isPlumbing, isSessionFunction } from './harm.ts';

export interface BuiltinsAlike {
  /** `admin`, `execute`, … on what it names or on the function itself; `needs_native_session`; or `nothing`. */
  readonly does: string;
  /** Sorted. A function with several signatures stands where its worst does. */
  readonly names: readonly string[];
}

/** From the worst. */
const order = [
  'needs_native_session',
  'admin on the function',
  'admin on file',
  'admin on large_object',
  'admin on setting',
  'secret on the function',
  'secret on file',
  'execute on the function',
  'execute on the function, which the server calls itself',
  'execute on large_object',
  'write on large_object',
  'write on sequence',
  'read on large_object',
  'read on setting',
  'nothing',
];

/** Every built-in function of every supported version, `information_schema`'s too. */
export function builtinTable(): readonly BuiltinsAlike[] {
  const names = new Set(builtinFunctionLines.split('\n').map((line) => line.slice(0, line.indexOf('|'))));
  const does = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const worst = Math.min(...supportedMajors.flatMap((major) => signatures(name, major)));
    const said = order[worst] ?? 'nothing';
    const alike = does.get(said);
    if (alike === undefined) does.set(said, [name]);
    else alike.push(name);
  }
  return order.flatMap((said) => (does.has(said) ? [{ does: said, names: does.get(said) ?? [] }] : []));
}

function signatures(name: string, major: Major): number[] {
  return builtinFunctions(name, major).map((fn) => {
    if (isSessionFunction(fn.name)) return order.indexOf('needs_native_session');
    const harm = harmOf(fn);
    if (harm === null) return order.indexOf('nothing');
    const own = isPlumbing(fn) && harm.action === 'execute' ? ', which the server calls itself' : '';
    const on = harm.resource === 'function' ? `the function${own}` : harm.resource;
    const at = order.indexOf(`${harm.action} on ${on}`);
    if (at === -1) throw new Error(`no place in the table for ${harm.action} on ${on}`);
    return at;
  });
}
