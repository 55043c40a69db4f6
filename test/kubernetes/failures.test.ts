/** What becomes of a kubectl call when something goes wrong on the way. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { aggregatedType } from '../support/kubernetes/discovery.ts';
import { hasKubectl } from './endpoint-road.ts';
import { openRoad, policy, type Road } from './road.ts';

const here = hasKubectl ? describe : describe.skip;
let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('limits: { timeout: 3s, bytes: 300B }'));
}, 60_000);
afterAll(() => road.close());
beforeEach(() => {
  road.server.instead = null;
  road.reached();
});

const map = (name: string) => ({
  argv: ['create', '-f', '-', '--validate=false'],
  stdin: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }),
});
const create = async (name: string) => road.execute(await road.submit(map(name)));
const posts = () => road.reached().filter((one) => one.startsWith('POST'));

here('never 19: a write', () => {
  test('whose answer is lost is unknown, and is sent once', async () => {
    road.server.instead = ({ method }, response) => {
      if (method === 'POST') response.destroy();
      return method === 'POST';
    };
    const { outcome, call } = await create('lost');
    expect([outcome, call.code]).toEqual(['unknown', 'outcome_unknown']);
    expect(posts()).toHaveLength(1);
    // Nobody knows: the same line is not run again before a person has looked.
    expect((await road.submit(map('lost'))).code).toBe('earlier_outcome_open');
  });

  test('whose time is out after it went is unknown', async () => {
    road.server.instead = ({ method }) => method === 'POST';
    const { outcome, call } = await create('late');
    expect([outcome, call.code]).toEqual(['unknown', 'outcome_unknown']);
    expect(posts()).toHaveLength(1);
  });

  test('that the API server refuses has an answer', async () => {
    road.server.instead = ({ method }, response) => {
      if (method !== 'POST') return false;
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end(
        '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Invalid","code":422}',
      );
      return true;
    };
    const { outcome, result } = await create('refused');
    expect([outcome, result]).toMatchObject(['succeeded', { exit_code: 1, stdout: '' }]);
  });
});

here('a read', () => {
  test('that is cut at the cap says so', async () => {
    const { stdout, truncated } = await road.result({ argv: ['get', 'pods', '-o', 'yaml'] });
    expect([Buffer.byteLength(stdout), truncated]).toEqual([300, true]);
  });

  test('whose time is out has failed, and nothing ran', async () => {
    road.server.instead = ({ url }) => url.includes('/pods');
    await expect(road.run('get', 'pods')).resolves.toMatchObject({
      outcome: 'failed',
      error: { code: 'timed_out', ran: 'no' },
    });
  });

  test('of a cluster that does not answer has failed', async () => {
    road.server.instead = ({ url }, response) => {
      if (url.includes('/pods')) response.destroy();
      return url.includes('/pods');
    };
    await expect(road.run('get', 'pods')).resolves.toMatchObject({
      outcome: 'failed',
      call: { code: 'target_unavailable' },
    });
  });

  test('never 45: that asks for more than was judged ends there', async () => {
    // A server that says pods have no namespace leads kubectl to those of all.
    const pods = {
      resource: 'pods',
      responseKind: { group: '', version: 'v1', kind: 'Pod' },
      scope: 'Cluster',
      singularResource: 'pod',
      verbs: ['get', 'list'],
    };
    const core = { metadata: { name: '' }, versions: [{ version: 'v1', resources: [pods] }] };
    road.server.instead = ({ url }, response) => {
      if (!/^\/api(?:$|\?)/.test(url)) return false;
      response.writeHead(200, { 'content-type': aggregatedType });
      response.end(
        JSON.stringify({
          kind: 'APIGroupDiscoveryList',
          apiVersion: 'apidiscovery.k8s.io/v2',
          items: [core],
        }),
      );
      return true;
    };
    const { outcome, call, error } = await road.run('get', 'pods');
    expect([outcome, call.code, error?.ran]).toEqual(['failed', 'beyond_effects', 'no']);
    expect(road.reached()).not.toContain('GET /api/v1/pods');
  });

  test('that is stopped ends at once', async () => {
    let arrived = () => {};
    const waits = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    road.server.instead = ({ url }) => {
      if (url.includes('/pods')) arrived();
      return url.includes('/pods');
    };
    const running = road.run('get', 'pods');
    await waits;
    const stop = await road.operator.createStop({
      scope: { kind: 'connection', connection: 'prod-cluster' },
    });
    await expect(running).resolves.toMatchObject({ outcome: 'failed', call: { code: 'stopped' } });
    await road.operator.liftStop(stop.id);
  });
});
