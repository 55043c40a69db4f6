/** What people are shown of the objects that a call is about, and what of it is bound. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasKubectl } from './endpoint-road.ts';
import { objects, openRoad, type Road } from './road.ts';

const here = hasKubectl ? describe : describe.skip;
let road: Road;
beforeAll(async () => {
  road = await openRoad();
}, 60_000);
afterAll(() => road.close());
const touch = (kind: string, name: string, more: object) => {
  const object = objects.find((one) => one.kind === kind && one.metadata.name === name) ?? objects[0];
  road.server.store.add({ ...(object as (typeof objects)[number]), ...more });
};

here('the card of a write', () => {
  test('counts and names the objects that a selector means, without reading what is in them', async () => {
    road.reached();
    const call = await road.submit({ argv: ['delete', 'pods', '--all', '-n', 'shop'] });
    expect(road.reached()).toEqual(['GET /api/v1/namespaces/shop/pods']);
    const { preview } = await road.card(call);
    expect(preview.impact).toEqual({ count: 2, unit: 'objects', how: 'estimate', why: 'as they are now' });
    expect(preview.effect?.tables).toEqual([{ table: 'pods in shop', inserted: 0, updated: 0, deleted: 2 }]);
    expect(preview.sample).toEqual([
      {
        table: 'pods in shop',
        columns: ['name'],
        rows: [
          { before: ['web'], after: null },
          { before: ['db'], after: null },
        ],
      },
    ]);
    expect(preview.words).toEqual(['deletes all pods in shop']);
  });

  test('takes the selector of the line', async () => {
    const call = await road.submit({ argv: ['label', 'pods', '-l', 'app=db', 'a=b'] });
    const { preview } = await road.card(call);
    expect(preview.sample).toMatchObject([{ rows: [{ before: ['db'], after: ['db'] }] }]);
  });

  test('tells what is new from what is there', async () => {
    const of = (kind: string, name: string) => JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } });
    const call = await road.submit({
      argv: ['apply', '-f', '-'],
      stdin: `${of('Pod', 'web')}\n---\n${of('Service', 'new')}`,
    });
    const { preview } = await road.card(call);
    expect(preview.effect?.tables).toEqual([
      { table: 'pods in shop', inserted: 0, updated: 1, deleted: 0 },
      { table: 'services in shop', inserted: 1, updated: 0, deleted: 0 },
    ]);
  });

  test('says so where the objects can’t be told', async () => {
    const { preview } = await road.card(await road.submit({ argv: ['exec', 'web', '--', 'ls'] }));
    expect(preview.impact).toEqual({
      count: null,
      unit: 'objects',
      how: 'none',
      why: 'the line does not tell which',
    });
  });
});

here('never 17: what was approved for one object', () => {
  const approved = async (...argv: string[]) => {
    const call = await road.submit({ argv });
    await road.approve(call);
    return call;
  };

  test('runs where it still is what was shown', async () => {
    const call = await approved('scale', 'deploy', 'web', '--replicas=3');
    await expect(road.execute(call)).resolves.toMatchObject({
      outcome: 'succeeded',
      result: { exit_code: 0 },
    });
  });

  test('does not run where it was changed', async () => {
    const call = await approved('set', 'image', 'deploy/web', 'app=nginx:2');
    touch('Deployment', 'web', { spec: { replicas: 7 } });
    road.reached();
    const { outcome, call: ended } = await road.execute(call);
    expect([outcome, ended.code]).toEqual(['failed', 'effect_drift']);
    expect(road.reached()).toEqual(['GET /apis/apps/v1/namespaces/shop/deployments/web']);
  });

  test('does not run where another one was put in its place, or more match', async () => {
    const call = await approved('delete', 'pods', '-l', 'app=db', '--wait=false');
    road.server.store.add({
      ...(objects[2] as (typeof objects)[number]),
      metadata: { name: 'db2', namespace: 'shop', labels: { app: 'db' } },
    });
    await expect(road.execute(call)).resolves.toMatchObject({
      outcome: 'failed',
      call: { code: 'effect_drift' },
    });
  });

  test('runs where only its state became another, as a pod’s does', async () => {
    const call = await approved('annotate', 'pod', 'web', 'a=b');
    const pod = road.server.store.get(
      { group: '', version: 'v1', resource: 'pods', namespace: 'shop' },
      'web',
    );
    road.server.store.add({
      ...(pod ?? objects[0]),
      status: { phase: 'Running' },
    } as (typeof objects)[number]);
    await expect(road.execute(call)).resolves.toMatchObject({ outcome: 'succeeded' });
  });
});
