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

/** The input of a `postgres` call: a SQL text of 1 byte to 1 MiB, and at most 1000 parameters. */
export const sqlInputSchema = z.strictObject({
  sql: text.min(1),
  params: z.array(sqlParameterSchema).max(1000).optional(),
});
/** A SQL text and its parameters. */
export type SqlInput = z.infer<typeof sqlInputSchema>;

/** The input of a `kubernetes` call. */
export const kubectlInputSchema = z.strictObject({
  argv: z.array(text).min(1).max(1000),
  stdin: text.optional(),
});
/** A command line of kubectl, without `kubectl` itself. */
export type KubectlInput = z.infer<typeof kubectlInputSchema>;

/** The input of an `http` call. */
export const httpInputSchema = z.strictObject({
  method: z.string().min(1).max(40),
  path: z.string().min(1).max(16_384),
  headers: z
    .array(z.tuple([z.string().max(256), z.string().max(16_384)]))
    .max(100)
    .optional(),
  body: text.optional(),
});
/** A request of the `http` protocol. Headers are pairs, in order; a body is text. */
export type HttpInput = z.infer<typeof httpInputSchema>;

/** An input of any protocol, told apart by its keys: `sql`, `argv`, or `method` and `path`. */
export const callInputSchema = z.union([sqlInputSchema, kubectlInputSchema, httpInputSchema]);
/** An input of any protocol. */
export type CallInput = z.infer<typeof callInputSchema>;

/** What the agent says it wants; shown to the approver as the agent's own untrusted words. */
export const purposeSchema = z.string().max(500);

/** Ids that come from outside: a run's, a tool's, the SDK's call id. Printable ASCII without spaces. */
export const outsideIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 printable ASCII characters');
