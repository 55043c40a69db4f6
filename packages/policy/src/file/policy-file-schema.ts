/** What a whole `countersign.yaml` looks like, put together from the readers that read it. */
import { connectionsReader } from './connections.ts';
import { identityReader } from './identity.ts';
import { defaultLimits, readLimits } from './limits.ts';
import { masksReader } from './masks.ts';
import { readPeople } from './people.ts';
import { described, objectSchema, wholeNumber } from './read.ts';
import { rulesReader } from './rules.ts';
import type { Schema } from './schema.ts';
import { serverReader } from './server.ts';
import { webhooksReader } from './webhooks.ts';

const around = { env: {}, directory: '/' };
const names = { connections: [], labels: new Set<string>() };
const groups = new Set<string>();

export const policyFileSchema: Schema = objectSchema(
  {
    version: described(wholeNumber('version', 1, 1), 'The version of this form.'),
    server: described(serverReader(around), 'The gateway itself. Read at its start only.'),
    identity: described(
      identityReader(around),
      'Whose word is taken for who somebody is, and which groups give a role.',
    ),
    people: described(readPeople, 'The humans who vote and own agents, by name.'),
    connections: described(connectionsReader(around, defaultLimits), 'What the gateway reaches, by name.'),
    webhooks: described(
      webhooksReader(around),
      'Who is told of what waits and of what was decided, by name.',
    ),
    rules: described(rulesReader(names, groups), 'Who may do what. What no rule covers is denied.'),
    masks: described(masksReader(names, groups), 'What is hidden.'),
    limits: described(readLimits, 'How much, how long, how often.'),
  },
  ['version'],
);
