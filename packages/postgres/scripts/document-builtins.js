/**
 * Writes the table of built-in functions into docs/sql.md, between its two marks:
 *
 *     node --conditions=@countersign/source packages/postgres/scripts/document-builtins.js
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { documented } from '../src/functions/document.ts';

const file = new URL('../../../docs/sql.md', import.meta.url);
writeFileSync(file, documented(readFileSync(file, 'utf8')));
