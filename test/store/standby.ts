/** A primary that streams to a standby which can be cut off and promoted: a failover, with or without a lost tail. */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import {
  type Cluster,
  makeCluster,
  type ServerProcess,
  startServer,
} from '../../packages/testing/src/postgres-process.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const settings = { wal_level: 'replica', max_wal_senders: '4', wal_receiver_timeout: '5s' };

export interface Pair {
  /** The database on the primary, and the same on the standby. */
  readonly primary: string;
  readonly standby: string;
  /** Waits until the standby has all that the primary has. */
  caughtUp(): Promise<void>;
  /** Stops the stream: what is committed from now on, the standby never sees. */
  cutStream(): Promise<void>;
  /** The primary dies, and the standby takes its place. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

async function ask<Row extends object>(url: string, text: string, values: readonly unknown[] = []) {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

function databaseOf(server: ServerProcess, name: string): string {
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Two servers with an empty database of this name. */
export async function startPair(name: string): Promise<Pair> {
  const cluster = await makeCluster();
  const primary = await startServer(cluster, settings);
  await ask(primary.url, `create database ${name}`);
  await ask(primary.url, `create role streamer login replication password '${cluster.password}'`);
  const copy = await copyOf(cluster, primary);
  const conninfo = `host=127.0.0.1 port=${primary.port} user=streamer password=${cluster.password}`;
  const standby = await startServer(copy, { ...settings, primary_conninfo: conninfo });
  let primaryLives = true;
  const endPrimary = async (): Promise<void> => {
    // Its folder may hold the standby's programs, too.
    if (primaryLives) await primary.end('SIGQUIT', { removeData: false });
    primaryLives = false;
  };
  return {
    primary: databaseOf(primary, name),
    standby: databaseOf(standby, name),
    caughtUp: async () => {
      const [now] = await ask<{ lsn: string }>(primary.url, 'select pg_current_wal_lsn()::text as lsn');
      await until(async () => {
        const [row] = await ask<{ there: boolean }>(
          standby.url,
          'select coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as there',
          [now?.lsn],
        );
        return row?.there === true;
      });
    },
    cutStream: async () => {
      await ask(primary.url, 'alter role streamer noreplication');
      await ask(primary.url, 'select pg_terminate_backend(pid) from pg_stat_replication');
    },
    failOver: async () => {
      await endPrimary();
      await ask(standby.url, 'select pg_promote(true, 30)');
    },
    stop: async () => {
      await endPrimary();
      await standby.end('SIGQUIT', { removeData: true });
      await rm(cluster.home, { recursive: true, force: true });
    },
  };
}

/** The primary's data folder, copied as a base backup. */
async function copyOf(cluster: Cluster, primary: ServerProcess): Promise<Cluster> {
  const home = await mkdtemp(join(tmpdir(), 'countersign-postgres-'));
  const data = join(home, 'data');
  const backup = new Client({ connectionString: primary.url });
  await backup.connect();
  try {
    await backup.query("select pg_backup_start('standby', true)");
    await run('cp', ['-a', cluster.data, data]);
    const { rows } = await backup.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await rm(join(data, 'postmaster.pid'));
    await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '');
    await writeFile(join(data, 'standby.signal'), '');
    const { user } = cluster;
    if (user !== null)
      for (const path of [home, join(data, 'backup_label'), join(data, 'standby.signal')])
        await chown(path, user.uid, user.gid);
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  } finally {
    await backup.end();
  }
  return { ...cluster, home, data };
}
