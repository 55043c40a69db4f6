/** The table of the server's own functions: as the document shows it, as a server has it, and true. */
import { readFileSync } from 'node:fs';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type BuiltinFunction, builtinFunctions } from '../../../packages/postgres/src/functions/builtins.ts';
import { documented } from '../../../packages/postgres/src/functions/document.ts';
import { harmOf } from '../../../packages/postgres/src/functions/harm.ts';
import { builtinTable } from '../../../packages/postgres/src/functions/table.ts';
import { Oracle } from './server.ts';

let server: PostgresServer;
let oracle: Oracle;
let url: string;

beforeAll(async () => {
  server = await startPostgres({ shared: false });
  url = (await server.createDatabase({ name: 'world' })).url;
  oracle = await Oracle.open(url);
}, 60_000);

afterAll(async () => {
  await oracle.close();
  await server.stop();
});

const names = builtinTable().flatMap((alike) => alike.names);

test('docs/sql.md shows the table as it is', () => {
  const text = readFileSync(new URL('../../../docs/sql.md', import.meta.url), 'utf8');
  expect(documented(text)).toBe(text);
});

test('a server has no function of its own that the table does not know', async () => {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(`
    select distinct case n.nspname when 'information_schema' then 'information_schema.' else '' end || p.proname as name
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.oid < 16384 and n.nspname in ('pg_catalog', 'information_schema')`);
  await client.end();
  const known = new Set(names);
  expect(rows.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});

/** Values to call functions with, by type. */
const samples: Readonly<Record<string, string>> = {
  integer: '1',
  bigint: '1',
  smallint: '1',
  text: "'a'",
  name: "'people'",
  oid: "'app.people'::regclass::oid",
  regclass: "'app.people'",
  boolean: 'true',
  '"char"': "'r'",
  'double precision': '0.5',
  real: '0.5',
  numeric: '1',
  jsonb: "'{}'",
  json: "'{}'",
  bytea: "'x'",
  xid: "'5'",
  xid8: "'5'",
  pg_lsn: "'0/1'",
  regconfig: "'simple'",
  regdictionary: "'simple'",
  tsquery: "'a'",
  tsvector: "'a'",
  jsonpath: "'$'",
  xml: "'<a/>'",
  inet: "'1.1.1.1'",
  date: "'2024-01-01'",
  'timestamp with time zone': "'2024-01-01'",
  'timestamp without time zone': "'2024-01-01'",
  interval: "'1 s'",
  'text[]': "array['a']",
  'integer[]': 'array[1]',
  'oid[]': 'array[1]',
  character: "'a'",
  regtype: "'int4'",
  regnamespace: "'app'",
  regprocedure: "'lib.owned()'",
  regproc: "'lib.owned'",
  regrole: "'postgres'",
};

function calls(fn: BuiltinFunction): string[] {
  const [schema, bare] = fn.name.startsWith('information_schema.')
    ? fn.name.split('.')
    : ['pg_catalog', fn.name];
  const concrete = (type: string) =>
    ({
      anyarray: 'int[]',
      anycompatiblearray: 'int[]',
      anyenum: 'app.mood',
      anyrange: 'int4range',
      anymultirange: 'int4multirange',
    })[type] ?? (type.startsWith('any') || type === '"any"' ? 'int' : type);
  const call = (value: (type: string) => string) => {
    const args = fn.arguments.map((type) => `${value(concrete(type))}::${concrete(type)}`);
    const last = args.pop();
    const given = last === undefined ? [] : [...args, `${fn.variadic ? 'variadic ' : ''}${last}`];
    return `select ${schema}."${bare}"(${given.join(', ')})`;
  };
  return [...new Set([call(() => 'null'), call((type) => samples[type] ?? 'null')])];
}

/** They look at a sequence's own row, and lock it as those do who draw from it. A sequence is no table. */
const ofSequences = new Set(['currval', 'lastval', 'pg_sequence_last_value']);

test('no function that is called harmless leaves a trace, or is refused read-only', async () => {
  const texts = names
    .filter((name) => !ofSequences.has(name))
    .flatMap((name) => builtinFunctions(name, oracle.major))
    .filter((fn) => fn.kind === 'f' && harmOf(fn) === null)
    .flatMap(calls);
  expect(texts.length).toBeGreaterThan(3500);
  const guilty: string[] = [];
  let ran = 0;
  for (let at = 0; at < texts.length; at += 100) {
    const some = texts.slice(at, at + 100);
    for (const mode of ['read only', 'read write'] as const) {
      const before = await oracle.seenFromOutside();
      const { states, traces } = await oracle.read(some, mode);
      ran += states.filter((state) => state === '').length;
      guilty.push(...some.filter((_, i) => states[i]?.startsWith('25006') === true), ...traces);
      if ((await oracle.seenFromOutside()) !== before)
        guilty.push(`seen from outside, after one of the hundred from ${some[0]}`);
    }
  }
  expect(guilty).toEqual([]);
  expect(ran).toBeGreaterThan(texts.length);
}, 120_000);
