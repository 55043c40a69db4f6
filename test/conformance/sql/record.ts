/**
 * Records anew what the statements of `statements.jsonl` would do, each judged by the analysis. What a person said of
 * each (`is`) stays; statements in a file of that form, given as an argument, are added.
 *
 *     node --conditions=@countersign/source test/conformance/sql/record.ts [MORE.json]
 *
 * The difference to what was recorded is for a person to review: this script proves nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { catalogQuery, createAnalyser, readCatalog } from '@countersign/postgres';
import { startPostgres } from '@countersign/testing';
import { Client } from 'pg';
import { catalogs, record, recorded, type Statement } from './statement.ts';

const server = await startPostgres({ shared: false });
const seed = readFileSync(new URL('world.sql', import.meta.url), 'utf8');
const { url } = await server.createDatabase({ name: 'world', seed });
const client = new Client({ connectionString: url });
await client.connect();
await client.query('set search_path = app, public');
const { rows } = await client.query<[string]>({ text: catalogQuery(18), rowMode: 'array' });
const all = catalogs(readCatalog(rows[0]?.[0] ?? '', 18));
const analyser = createAnalyser();
const [more] = process.argv.slice(2);
const added = more === undefined ? [] : (JSON.parse(readFileSync(more, 'utf8')) as readonly Statement[]);
const lines: string[] = [];
for (const statement of [...recorded(), ...added])
  lines.push(JSON.stringify(await record(analyser, all, statement)));
writeFileSync(new URL('statements.jsonl', import.meta.url), `${lines.join('\n')}\n`);
await analyser.close();
await client.end();
await server.stop();
