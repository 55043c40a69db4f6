/** Writes the documents that are made from the code: `npx pnpm write-docs`. */
import { writeFile } from 'node:fs/promises';
import { errorReference } from './error-reference.ts';
import { policyFileJsonSchema, policyReference } from './policy-reference.ts';

const docs = new URL('../../docs/', import.meta.url);
await writeFile(new URL('policy-reference.md', docs), policyReference());
await writeFile(new URL('countersign.schema.json', docs), policyFileJsonSchema());
await writeFile(new URL('errors.md', docs), errorReference());
