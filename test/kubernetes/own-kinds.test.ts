/** Kinds of a cluster's own: named as kubectl names them, judged, shown, bound and held to, like those that every cluster has. */
import { systemRuntime } from '@countersign/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aggregatedType } from '../support/kubernetes/discovery.ts';
import { hasKubectl } from './endpoint-road.ts';
import { openRoad, policy, type Road } from './road.ts';

const here = hasKubectl ? describe : describe.skip;
let road: Road;
/** How far the gateway’s clock is ahead. Milliseconds. */
let ahead = 0;

const sprocket = (name: string, spec: object, namespace = 'shop') => ({
  apiVersion: 'example.com/v1alpha1',
  kind: 'Sprocket',
  metadata: { name, namespace },
  spec,
});

beforeAll(async () => {
  road = await openRoad(policy('', 'masks:\n  - { json_paths: ["$.spec.key"], with: redact }\n'), {
    runtime: { ...systemRuntime, now: () => systemRuntime.now() + ahead },
  });
  road.server.store.add(sprocket('left', { size: 1, key: 'canary' }));
  road.server.store.add(sprocket('right', { size: 2 }));
  road.server.store.add({
    apiVersion: 'example.com/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'north' },
  });
}, 60_000);
afterAll(() => road.close());

const objectsReached = () =>
  road.reached().filter((one) => !/^GET \/(?:api|apis|openapi|version)(?:\/[^/]+){0,3}$/.test(one));

here('a cluster’s own kinds', () => {
  test.each([
    ['sprockets'],
    ['sprocket'],
    ['Sprocket'],
    ['spr'],
    ['sprockets.example.com'],
    ['sprockets.v1alpha1.example.com'],
  ])('are read by the name %s', async (word) => {
    objectsReached();
    const { stdout } = await road.result({ argv: ['get', word, '-o', 'name'] });
    expect(stdout).toBe('sprocket.example.com/left\nsprocket.example.com/right\n');
    expect(objectsReached()).toEqual(['GET /apis/example.com/v1alpha1/namespaces/shop/sprockets']);
  });

  test('without a namespace are read where they are', async () => {
    const { stdout } = await road.result({ argv: ['get', 'fleets,spr', '-o', 'name', '-A'] });
    expect(stdout).toBe('fleet.example.com/north\nsprocket.example.com/left\nsprocket.example.com/right\n');
  });

  test('are masked by path', async () => {
    const { stdout } = await road.result({ argv: ['get', 'spr', 'left', '-o', 'jsonpath={.spec}'] });
    expect(stdout).toBe('{"key":"[redacted]","size":1}');
  });

  test('with a name of the table give way to that one', async () => {
    objectsReached();
    await road.result({ argv: ['get', 'pods', '-o', 'name'] });
    expect(objectsReached()).toEqual(['GET /api/v1/namespaces/shop/pods']);
    await road.result({ argv: ['get', 'pods.example.com', '-o', 'name'] });
    expect(objectsReached()).toEqual(['GET /apis/example.com/v1alpha1/namespaces/shop/pods']);
  });

  test('are looked at for the card, and a change of one by others ends the call', async () => {
    const argv = ['delete', 'sprockets', '--all', '--wait=false'];
    const call = await road.submit({ argv });
    expect(call).toMatchObject({ state: 'waiting' });
    const { preview } = await road.card(call);
    expect(preview.words).toEqual(['deletes all sprockets.example.com in shop']);
    expect(preview.impact).toMatchObject({ count: 2, unit: 'objects' });
    await road.approve(call);
    road.server.store.add(sprocket('late', {}));
    expect(await road.execute(call)).toMatchObject({ error: { code: 'effect_drift' } });
    expect(
      road.server.store.get(
        { group: 'example.com', version: 'v1alpha1', resource: 'sprockets', namespace: 'shop' },
        'left',
      ),
    ).toBeDefined();
  });

  test('are written by manifest after the vote', async () => {
    const call = await road.submit({
      argv: ['apply', '-f', '-'],
      stdin: JSON.stringify(sprocket('new', { size: 3 })),
    });
    expect(call.state).toBe('waiting');
    await road.approve(call);
    expect(await road.execute(call)).toMatchObject({
      outcome: 'succeeded',
      result: { stdout: 'sprocket.example.com/new created\n', exit_code: 0 },
    });
  });

  test('a limit: are writes and reads like others, whatever they stand for', async () => {
    const { words } = (await road.card(await road.submit({ argv: ['delete', 'fleet', 'north'] }))).preview;
    expect(words).toEqual(['deletes fleets.example.com north of the cluster']);
    expect((await road.submit({ argv: ['get', 'fleet', 'north'] })).state).toBe('allowed');
  });

  test('never 17: that became another kind since the call was judged end it before kubectl runs', async () => {
    const call = await road.submit({ argv: ['get', 'fleets', '-A'] });
    expect(call.state).toBe('allowed');
    ahead += 3000;
    objectsReached();
    const fleets = {
      resource: 'fleets',
      responseKind: { group: 'example.com', version: 'v1alpha1', kind: 'Fleet' },
      scope: 'Namespaced',
      singularResource: 'fleet',
      verbs: ['get', 'list'],
    };
    const group = {
      metadata: { name: 'example.com' },
      versions: [{ version: 'v1alpha1', resources: [fleets] }],
    };
    road.server.instead = ({ url }, response) => {
      if (url !== '/apis') return false;
      response.writeHead(200, { 'content-type': aggregatedType });
      response.end(JSON.stringify({ kind: 'APIGroupDiscoveryList', items: [group] }));
      return true;
    };
    expect(await road.execute(call)).toMatchObject({ outcome: 'failed', call: { code: 'schema_changed' } });
    road.server.instead = () => false;
    expect(objectsReached()).toEqual([]);
    ahead += 3000;
  });

  test('that the cluster has not are unknown', async () => {
    const call = await road.submit({ argv: ['get', 'gadgets'] });
    expect([call.state, call.code]).toEqual(['denied', 'unknown_object']);
    expect(call.reason).toContain('the kind "gadgets"');
  });
});

test('kinds that every cluster has are judged without asking it', async () => {
  road.reached();
  expect((await road.submit({ argv: ['delete', 'ns', 'prod'] })).state).toBe('denied');
  expect(road.reached()).toEqual([]);
});

test('where the cluster does not tell, a kind that not every cluster has is denied', async () => {
  const alone = await openRoad();
  await alone.server.close();
  const call = await alone.submit({ argv: ['get', 'sprockets'] });
  expect([call.state, call.code]).toEqual(['denied', 'unknown_object']);
  expect(call.reason).toMatch(
    /the kind "sprockets", which not every cluster has, and this one does not tell/,
  );
  await alone.close().catch(() => undefined);
});
