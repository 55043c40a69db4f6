import type { ConnectionConfig, Policy, Rule } from '../policy.ts';
import { matchesConnection } from './compiled-scope.ts';

/** The rules that speak of a connection, in the file's order: who may do what there, and who is asked. */
export function rulesReaching(
  { rules }: Policy,
  connection: Pick<ConnectionConfig, 'name' | 'protocol' | 'labels'>,
): readonly Rule[] {
  return rules.filter((rule) => matchesConnection(rule, connection));
}
