import { Readable } from 'node:stream';
import type { Json } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { systemRuntime } from '../../runtime/runtime.ts';
import { ClusterKinds } from './cluster-kinds.ts';
import { analyse, reliedOn } from './effects.ts';
import type { Kinds } from './kinds.ts';
import type { Reach } from './reach.ts';

/** A cluster that answers so, and counts how often it was asked. */
function clusterThat(statusCode: number, answer: Json) {
  let [asked, now] = [0, 0];
  const cluster = {
    read: async () => {
      asked++;
      return Object.assign(Readable.from([Buffer.from(JSON.stringify(answer))]), { statusCode });
    },
  };
  const runtime = { ...systemRuntime, now: () => now };
  const reach = { cluster, runtime, closing: new AbortController().signal } as unknown as Reach;
  const kinds = new ClusterKinds(reach);
  const judged = (...argv: string[]) =>
    kinds.judged((known?: Kinds) => analyse({ argv, stdin: null }, 'shop', known));
  return { judged, asked: () => asked, pass: (ms: number) => (now += ms) };
}

const sprocket = {
  resource: 'sprockets',
  responseKind: { kind: 'Sprocket' },
  scope: 'Namespaced',
  singularResource: 'sprocket',
  shortNames: Array.from({ length: 1000 }, (_, i) => `s${i}`),
};
const group = { metadata: { name: 'example.com' }, versions: [{ version: 'v1', resources: [sprocket] }] };

test.each([
  [503, { message: 'no' }, 'target_unavailable'],
  [200, { items: 'none' }, 'target_error'],
  [200, { items: [group] }, null],
])(
  'a cluster is not asked for every call that names a kind it has not, whatever it answers: %s %j',
  async (status, answer, code) => {
    const { judged, asked, pass } = clusterThat(status, answer);
    for (let n = 0; n < 20; n++)
      await expect(judged('get', `gadgets${n}`)).rejects.toMatchObject({
        code: 'unknown_object',
        message: expect.stringContaining(
          code === null
            ? `the kind "gadgets${n}"`
            : `the kind "gadgets${n}", which not every cluster has, and this one does not tell (${code})`,
        ),
      });
    expect(asked()).toBe(1);
    pass(2001);
    await expect(judged('get', 'gadgets')).rejects.toMatchObject({ code: 'unknown_object' });
    expect(asked()).toBe(2);
  },
);

test('a kind has as many short names as anybody would type', async () => {
  const { judged } = clusterThat(200, { items: [group] });
  const [kind] = reliedOn(await judged('get', 's1')).kinds ?? [];
  expect(kind?.short).toHaveLength(20);
});
