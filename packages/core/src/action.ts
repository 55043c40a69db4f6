/** Actions: few, the same for every protocol, refined by a suffix as in `write.delete`. */
import { z } from 'zod';

/** `secret` is a read that exposes credentials or other people's data wholesale. */
export const baseActions = ['read', 'write', 'schema', 'admin', 'execute', 'secret'] as const;
/** One of the six actions. */
export type BaseAction = (typeof baseActions)[number];

/** A base action, or a refinement of one: `write`, `write.delete`. */
export type Action = BaseAction | `${BaseAction}.${string}`;

const pattern = new RegExp(`^(?:${baseActions.join('|')})(?:\\.[a-z][a-z_]{0,39})?$`);

/** An action from outside, checked. */
export const actionSchema = z.custom<Action>(
  (value) => typeof value === 'string' && pattern.test(value),
  `expected one of ${baseActions.join(', ')}, perhaps refined as in write.delete`,
);

/** The base of an action: `write` of `write.delete`. */
export function baseAction(action: Action): BaseAction {
  const dot = action.indexOf('.');
  return (dot < 0 ? action : action.slice(0, dot)) as BaseAction;
}

/** Whether a rule for `named` speaks of `action`: a rule for `write` covers `write.delete`, not the reverse. */
export function actionCovers(named: Action, action: Action): boolean {
  return named === action || action.startsWith(`${named}.`);
}
