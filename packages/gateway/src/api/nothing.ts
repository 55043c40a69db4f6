/** The schemas of what a route does not take. */
import { z } from 'zod';

export const nothing = z.strictObject({});

/** No body, or an empty object. */
export const noBody = z.union([z.undefined(), z.null(), z.strictObject({})]);
