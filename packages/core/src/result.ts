/** What a call brings back, masked. */
import { z } from 'zod';

/** Cells are the target's own text, or null. */
export const rowsResultSchema = z.strictObject({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())),
  /** Whether a cap cut it: there are more rows than these. */
  truncated: z.boolean(),
  /** Rows a write changed, as the target counts them; absent for a read. */
  affected: z.number().int().optional(),
});
export type RowsResult = z.infer<typeof rowsResultSchema>;

export const httpResultSchema = z.strictObject({
  status: z.number().int(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  truncated: z.boolean(),
});
export type HttpResult = z.infer<typeof httpResultSchema>;

export const kubectlResultSchema = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  exit_code: z.number().int(),
  truncated: z.boolean(),
});
export type KubectlResult = z.infer<typeof kubectlResultSchema>;

export const resultSchema = z.union([rowsResultSchema, httpResultSchema, kubectlResultSchema]);
export type Result = z.infer<typeof resultSchema>;
