/** The body of every answer that is not a success. */
import { z } from 'zod';

/** What every route answers with when it refuses or fails. */
export const problemSchema = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    /** In words for the class of token that asked. */
    message: z.string(),
    retry: z.enum(['no', 'later', 'new_call']),
  }),
});
/** The body of an answer that is not a success. */
export type Problem = z.infer<typeof problemSchema>;
