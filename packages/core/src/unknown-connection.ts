import { CountersignError } from './error.ts';
import { nearest } from './nearest.ts';

/** Names that an error lists at most. */
const mostNames = 10;

/** The error for a connection that there is none of, with the nearest name of those there are, else with their names. */
export function unknownConnection(name: string, there: readonly string[]): CountersignError {
  const near = nearest(name, there);
  if (near !== null)
    return new CountersignError('unknown_connection', { what: `${name} (did you mean ${near}?)` });
  const listed = there.length > 0 && there.length <= mostNames ? { expected: there.join(' or ') } : {};
  return new CountersignError('unknown_connection', { what: name, ...listed });
}
