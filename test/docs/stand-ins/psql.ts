/** `psql URL -f FILE` and `psql URL -c SQL`, for a machine that has no psql of the server's version. */
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';

const [, , url = '', how = '', what = ''] = process.argv;
const client = new Client({ connectionString: url });
await client.connect();
const { rows } = await client.query(how === '-f' ? await readFile(what, 'utf8') : what);
for (const row of rows ?? []) console.log(Object.values(row as object).join(' | '));
await client.end();
