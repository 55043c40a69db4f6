/** What a call really changed, counted in its own transaction: in a trial that is rolled back, or before its COMMIT. */
import { z } from 'zod';

/** The rows of one table that were changed, by what was done to them. */
export const tableChangesSchema = z.strictObject({
  /** `public.orders` */
  table: z.string(),
  inserted: z.number().int().min(0),
  updated: z.number().int().min(0),
  deleted: z.number().int().min(0),
});
/** The rows of one table that were changed. */
export type TableChanges = z.infer<typeof tableChangesSchema>;

/** A measured effect, as JSON. */
export const measuredEffectSchema = z.strictObject({
  /** By table, sorted; those that triggers and cascades changed are among them. */
  tables: z.array(tableChangesSchema),
  /** Over the keys and new values of the rows, keyed by the gateway; null where not all of them could be had. */
  digest: z.string().nullable(),
  /** What the digest can't cover, in words, a line each; empty where there is one. */
  unbound: z.array(z.string()),
});
/** A measured effect. */
export type MeasuredEffect = z.infer<typeof measuredEffectSchema>;

/** Some rows of one table, before and after. Cells are masked already. */
export const sampleSchema = z.strictObject({
  table: z.string(),
  columns: z.array(z.string()),
  rows: z.array(
    z.strictObject({
      /** Null for a row that was not there, or could not be read. */
      before: z.array(z.string().nullable()).nullable(),
      /** Null for a row that is gone. */
      after: z.array(z.string().nullable()).nullable(),
    }),
  ),
});
/** Some rows of one table, before and after. */
export type Sample = z.infer<typeof sampleSchema>;

/** All rows that were changed. */
export function rowsChanged({ tables }: Pick<MeasuredEffect, 'tables'>): number {
  return tables.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0);
}
