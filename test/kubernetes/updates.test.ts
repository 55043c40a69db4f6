/** What people are shown of the objects that a call is about, and what of it is bound. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasKubectl } from './endpoint-road.ts';
import { objects, openRoad, policy, type Road } from './road.ts';

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
      stdin: `${of('Pod', 'web')}\n${of('Service', 'new')}`,
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

  test('a limit: runs where only its state became another, as a pod’s does', async () => {
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

here('where the connection says preview: trial', () => {
  let trying: Road;
  beforeAll(async () => {
    const masks = 'masks:\n  - { detect: [email], with: redact }\n';
    trying = await openRoad(
      policy('preview: trial', masks)
        .replace(/ {2}- \{ name: maps are free.*\n/, '')
        .replace(/, except: \{[^}]*\}/, ''),
    );
  }, 60_000);
  afterAll(() => trying.close());
  const writes = () => trying.server.taken().filter(({ method }) => method !== 'GET');

  test('the card shows what the API server would keep, masked, and nothing was kept', async () => {
    const call = await trying.submit({
      argv: [
        'patch',
        'cm',
        'app',
        '--type=merge',
        '-p',
        '{"data":{"mode":"slow","owner":"q@example.com","more":"1"}}',
      ],
    });
    expect(
      writes().map(({ method, url }) => [method, new URL(url, 'https://x').searchParams.get('dryRun')]),
    ).toEqual([['PATCH', 'All']]);
    const { preview } = await trying.card(call);
    expect(preview.impact).toEqual({ count: 1, unit: 'objects', how: 'trial', why: null });
    expect(preview.sample).toEqual([
      {
        table: 'ConfigMap app in shop',
        columns: ['data.mode', 'data.more'],
        rows: [{ before: ['"fast"', null], after: ['"slow"', '"1"'] }],
      },
    ]);
    expect(JSON.stringify(preview.sample)).not.toContain('example.com');
  });

  test('what it would refuse is said', async () => {
    trying.server.instead = ({ method }, response) => {
      if (method !== 'POST') return false;
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(
        '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"quota exceeded","reason":"Forbidden","code":403}',
      );
      return true;
    };
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } });
    const call = await trying.submit({ argv: ['create', '-f', '-'], stdin });
    trying.server.instead = null;
    const { preview } = await trying.card(call);
    expect(preview.notes.join('\n')).toMatch(/It would fail as things are: .*quota exceeded/);
  });

  test('a deletion is tried, and the card names what goes', async () => {
    writes();
    const { preview } = await trying.card(await trying.submit({ argv: ['delete', 'cm', '--all'] }));
    expect(preview.impact).toEqual({ count: 1, unit: 'objects', how: 'trial', why: null });
    expect(preview.sample).toMatchObject([
      { table: 'configmaps in shop', rows: [{ before: ['app'], after: null }] },
    ]);
    expect(writes().map(({ method }) => method)).toEqual(['DELETE']);
  });

  test('a command that knows no dry run is not tried, and the card says so', async () => {
    writes();
    const { preview } = await trying.card(
      await trying.submit({ argv: ['rollout', 'restart', 'deploy/web'] }),
    );
    expect(preview.impact).toMatchObject({ how: 'estimate', why: 'not tried: the command knows no dry run' });
    expect(writes()).toEqual([]);
  });
});
