/** What both files of the crash schedule set up: a target, an observer there, and the cases of a stage. */
import type { CrashPoint } from '@countersign/gateway';
import { type PostgresServer, startPostgres } from '@countersign/testing';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { Client } from 'pg';
import { seed } from '../gateway/harness.ts';
import type { Crew, Stage } from './crash-schedule-gateways.ts';
import type { Road } from './crash-schedule-roads.ts';

/** Whether every road is taken on every store. */
export const all = process.env['COUNTERSIGN_CRASH_SCHEDULE'] === 'all';

/** A case for each point of each road. */
export const casesOf = (roads: readonly Road[]) =>
  roads.flatMap((road) => road.points.map((point) => ({ point, title: road.title, road })));

/** Sets the stage up for a file's tests. @returns what takes a road on it, with gateways that die at the moments. */
export function onStage(setUp: (target: string, server: PostgresServer) => Promise<Stage>) {
  let server: PostgresServer;
  let observer: Client;
  let stage: Stage;
  let crew: Crew | null = null;
  let id = 0;
  beforeAll(async () => {
    server = await startPostgres();
    const more = "insert into accounts select n, 'owner ' || n, 100 from generate_series(51, 200) n";
    const target = await server.createDatabase({ seed: `${seed}; ${more}` });
    observer = new Client({ connectionString: target.url });
    await observer.connect();
    stage = await setUp(target.url, server);
  }, 60_000);
  afterEach(async () => {
    await crew?.dismiss();
    crew = null;
  });
  afterAll(async () => {
    await stage.close();
    await observer.end();
    await server.stop();
  });
  return async (road: Road, ...moments: readonly CrashPoint[]): Promise<void> => {
    crew = await stage.crew(...moments);
    await road.walk({ crew, observer, id: ++id });
    expect(crew.deaths()).toBe(moments.length);
  };
}
