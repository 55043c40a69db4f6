/** An effect: one thing a call would do. */
import { z } from 'zod';
import { type Action, actionSchema } from './action.ts';
import type { Resource } from './resource.ts';

/** One thing a call would do: an action on a resource. */
export interface Effect {
  /** What is done. */
  readonly action: Action;
  /** To what. */
  readonly resource: Resource;
  /**
   * For an indirect effect, what brings it about: `trigger audit_orders`, `view public.active_orders`,
   * `foreign key orders_customer_id_fkey`. Absent for a direct one.
   */
  readonly via?: string;
  /**
   * For a read or write of a table whose columns are known: their names, raw, sorted. A rule about
   * `column:public.customers.ssn` is matched against these. Absent when every column may be meant.
   */
  readonly columns?: readonly string[];
}

/** A resource name: a kind, a colon, at most 2048 characters. */
export const resourceSchema = z.custom<Resource>(
  (value) => typeof value === 'string' && /^[a-z0-9_]+:/.test(value) && value.length <= 2048,
  'expected a resource like table:public.orders',
);

/** An effect, as JSON. */
export const effectSchema: z.ZodType<Effect> = z.strictObject({
  action: actionSchema,
  resource: resourceSchema,
  via: z.string().max(500).optional(),
  columns: z.array(z.string().max(256)).max(2000).optional(),
}) as z.ZodType<Effect>;

/** One line a person can read: `write.delete table:public.orders (via trigger audit_orders)`. */
export function effectInShort(effect: Effect): string {
  return `${effect.action} ${effect.resource}${effect.via === undefined ? '' : ` (via ${effect.via})`}`;
}
