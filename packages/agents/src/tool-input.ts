/**
 * What the model may write, for each kind of tool, and the input that is made of it. The input is built here, from
 * whatever arrives: the SDK normalises arguments in one of its hooks and hands them on raw in another.
 */
import {
  type CallInput,
  httpInputSchema,
  kubectlInputSchema,
  type ProtocolName,
  purposeSchema,
  sqlInputSchema,
} from '@countersign/core';
import { z } from 'zod';

// Strict mode wants every field, and knows few limits: a field that may be left out is null there, and absent from a
// model that isn't strict. The limits are those of the input that is made of it.
const purpose = z
  .string()
  .nullish()
  .describe('Why you need this, in one sentence; shown to the person who decides.');

const sqlParameters = z.object({
  sql: z.string().describe('One SQL statement. Refer to values as $1, $2, …'),
  params: z
    .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .nullish()
    .describe('The values of $1, $2, …, in order.'),
  purpose,
});

const httpParameters = z.object({
  method: z.string().describe('GET, POST, PUT, PATCH, DELETE, …'),
  path: z.string().describe('Path and query, like /v1/invoices?status=open. The host is fixed.'),
  headers: z
    .array(z.array(z.string()))
    .nullish()
    .describe('Pairs of name and value. Authorization is added by the gateway.'),
  body: z.string().nullish().describe('The body, as text.'),
  purpose,
});

const kubectlParameters = z.object({
  argv: z
    .array(z.string())
    .describe('The arguments after kubectl, like ["get","pods","-n","shop"]. No shell.'),
  stdin: z.string().nullish().describe('What -f - reads.'),
  purpose,
});

export interface ToolCall {
  readonly input: CallInput;
  readonly purpose: string | undefined;
}

export interface ToolInput {
  /** Counts up when the parameters change, so that a call of before can't be read as another one. */
  readonly version: number;
  /** The tool's parameters, as the model is told of them. */
  readonly parameters: typeof sqlParameters | typeof httpParameters | typeof kubectlParameters;
  /** The ending of the tool's default name. */
  readonly suffix: string;
  /** The default description for a connection. */
  describe(connection: string): string;
  /** The call in what arrived; null where it is none, so that the gateway is never asked. */
  read(arrived: unknown): ToolCall | null;
}

const manners =
  'Calls go through a gateway: a person may have to approve first, or it may refuse. Values in results can be masked.';

export const toolInputs: Readonly<Record<ProtocolName, ToolInput>> = Object.freeze({
  postgres: {
    version: 1,
    parameters: sqlParameters,
    suffix: 'query',
    describe: (connection) => `Runs a SQL statement on the PostgreSQL database ${connection}. ${manners}`,
    read: (arrived) => read(arrived, sqlParameters, sqlInputSchema),
  },
  http: {
    version: 1,
    parameters: httpParameters,
    suffix: 'request',
    describe: (connection) => `Sends an HTTP request to ${connection}. ${manners}`,
    read: (arrived) => read(arrived, httpParameters, httpInputSchema),
  },
  kubernetes: {
    version: 1,
    parameters: kubectlParameters,
    suffix: 'kubectl',
    describe: (connection) => `Runs kubectl on the cluster ${connection}. ${manners}`,
    read: (arrived) => read(arrived, kubectlParameters, kubectlInputSchema),
  },
});

function read(arrived: unknown, parameters: z.ZodType, input: z.ZodType<CallInput>): ToolCall | null {
  const told = parameters.safeParse(arrived);
  if (!told.success) return null;
  const given = Object.entries(told.data as object).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const { purpose: why, ...rest } = Object.fromEntries(given) as { purpose?: unknown };
  const parsed = input.safeParse(rest);
  const reason = purposeSchema.optional().safeParse(why);
  if (!parsed.success || !reason.success) return null;
  return { input: parsed.data, purpose: reason.data };
}
