/** The inputs of the protocols, as they come from an agent: the tools' parameters and the JSONL fields are these. */
import { z } from 'zod';

/** Texts beyond this are refused before they are parsed. Bytes of UTF-8. */
export const maxInputBytes = 1024 * 1024;

const text = z.string().max(maxInputBytes);

/**
 * A parameter of a SQL text travels as PostgreSQL text, typed by the server: numbers as ECMAScript prints them, booleans
 * as `true` and `false`. Arrays and JSON documents are passed as the text PostgreSQL reads: `{1,2}`, `{"a":1}`.
 */
export const sqlParameterSchema = z.union([text, z.number(), z.boolean(), z.null()]);

export const sqlInputSchema = z.strictObject({
  sql: text.min(1),
  params: z.array(sqlParameterSchema).max(1000).optional(),
});
export type SqlInput = z.infer<typeof sqlInputSchema>;

export const kubectlInputSchema = z.strictObject({
  argv: z.array(text).min(1).max(1000),
  stdin: text.optional(),
});
export type KubectlInput = z.infer<typeof kubectlInputSchema>;

export const httpInputSchema = z.strictObject({
  method: z.string().min(1).max(40),
  path: z.string().min(1).max(16_384),
  headers: z
    .array(z.tuple([z.string().max(256), z.string().max(16_384)]))
    .max(100)
    .optional(),
  body: text.optional(),
});
export type HttpInput = z.infer<typeof httpInputSchema>;

export const callInputSchema = z.union([sqlInputSchema, kubectlInputSchema, httpInputSchema]);
export type CallInput = z.infer<typeof callInputSchema>;

/** What the agent says it wants; shown to the approver as the agent's own untrusted words. */
export const purposeSchema = z.string().max(500);

/** Ids that come from outside: a run's, a tool's, the SDK's call id. Printable ASCII without spaces. */
export const outsideIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 printable ASCII characters');
