/** Whether the wall holds, by trying: every column that shows what masks hide is asked for, and every table written to. */
import { CountersignError, type Finding, fine, problem, type Resource } from '@countersign/core';
import { createAnalyser } from '@countersign/postgres';
import type { Client } from 'pg';
import { readFault } from '../../../connections/postgres-fault.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { catalogOf } from '../setup/catalog-of.ts';
import { type ShieldedTable, shieldedTables } from '../setup/shielded-tables.ts';

/** Columns and tables that are tried; a finding says where there are more. */
const [mostColumns, mostTables] = [300, 100];
/** Milliseconds for all tries: the whole look has five seconds. */
const withinMs = 2500;
/** Names that a finding lists before it counts. */
const listed = 3;

const quoted = (...names: readonly string[]): string =>
  names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');

/** @param client Logged in as the wall. Throws what the driver throws where the server can't be asked at all. */
export async function tryWall(
  client: Client,
  isHidden: (column: Resource) => boolean,
  runtime: Pick<Runtime, 'now'>,
): Promise<readonly Finding[]> {
  const tables = await tablesOf(client, isHidden);
  const columns = tables.flatMap(({ schema, table, hidden }) =>
    hidden.map((column) => ({
      name: `${schema}.${table}.${column}`,
      text: `SELECT ${quoted(column)} FROM ${quoted(schema, table)} LIMIT 0`,
    })),
  );
  const writes = tables.map(({ schema, table }) => ({
    name: `${schema}.${table}`,
    text: `DELETE FROM ${quoted(schema, table)} WHERE false`,
  }));
  const until = runtime.now() + withinMs;
  const inTime = () => runtime.now() < until;
  const read = await passed(client, columns.slice(0, mostColumns), inTime);
  const written = await passed(client, writes.slice(0, mostTables), inTime);
  const open = [
    ...(read.open.length === 0 ? [] : [`could read ${inShort(read.open)}, which masks hide`]),
    ...(written.open.length === 0 ? [] : [`could delete from ${inShort(written.open)}`]),
  ];
  if (open.length > 0)
    return open.map((what) =>
      problem(
        'wall.tried',
        `logins.wall ${what}`,
        'Run `countersign setup postgres`: it takes this from it.',
      ),
    );
  const more = columns.length > read.tried || writes.length > written.tried ? ', the first of more' : '';
  const [asked, tried] = [read.tried, written.tried];
  return [
    fine(
      'wall.tried',
      `the database refused logins.wall ${counted(asked, 'hidden column')}, and writing to ${counted(tried, 'table')}${more}`,
    ),
  ];
}

async function tablesOf(
  client: Client,
  isHidden: (column: Resource) => boolean,
): Promise<readonly ShieldedTable[]> {
  const analyser = createAnalyser();
  try {
    const hiding = { isHidden, mayHideMore: () => false };
    return await shieldedTables(await catalogOf(client), analyser, hiding);
  } catch (error) {
    // Another check says so.
    if (error instanceof CountersignError && error.code === 'not_supported') return [];
    throw error;
  } finally {
    await analyser.close();
  }
}

interface Try {
  readonly name: string;
  readonly text: string;
}

/** Those that were not refused. Each is rolled back; a session that says READ ONLY could say otherwise, so this one does. */
async function passed(
  client: Client,
  tries: readonly Try[],
  inTime: () => boolean,
): Promise<{ readonly open: readonly string[]; readonly tried: number }> {
  const open: string[] = [];
  let tried = 0;
  for (const { name, text } of tries) {
    if (!inTime()) break;
    tried++;
    try {
      await client.query(`BEGIN READ WRITE; SET LOCAL lock_timeout = 200; ${text}`);
      open.push(name);
    } catch (error) {
      // Refused is refused; what fails otherwise (a lock, a view that can't be written) has told nothing and is no way in.
      if (readFault(error).kind === 'lost') throw error;
    } finally {
      await client.query('ROLLBACK').catch(() => {});
    }
  }
  return { open, tried };
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function inShort(names: readonly string[]): string {
  const more = names.length - listed;
  return names.slice(0, listed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
