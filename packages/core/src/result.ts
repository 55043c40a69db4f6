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
/** Rows of a SQL call. Cells are the target's own text, or null. */
export type RowsResult = z.infer<typeof rowsResultSchema>;

/** What an HTTP target answered; `truncated` where a cap cut the body. */
export const httpResultSchema = z.strictObject({
  status: z.number().int(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  truncated: z.boolean(),
});
/** What an HTTP target answered. */
export type HttpResult = z.infer<typeof httpResultSchema>;

/** What kubectl wrote; `truncated` where a cap cut it. */
export const kubectlResultSchema = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  exit_code: z.number().int(),
  truncated: z.boolean(),
});
/** What kubectl wrote, and its exit code. */
export type KubectlResult = z.infer<typeof kubectlResultSchema>;

/** What a call brought back: rows, an HTTP answer, or what kubectl wrote. */
export const resultSchema = z.union([rowsResultSchema, httpResultSchema, kubectlResultSchema]);
/** What a call brought back, masked, in the form of its protocol. */
export type Result = z.infer<typeof resultSchema>;
