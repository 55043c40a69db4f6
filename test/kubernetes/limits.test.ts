/** What docs/limits.md says of kubectl, pinned: judged from the policy file alone. */
import { effectInShort, type KubectlInput } from '@countersign/core';
import { requestAnalysis } from '@countersign/gateway';
import { parsePolicyFile } from '@countersign/policy';
import { expect, test } from '@jest/globals';
import { policy } from './road.ts';

const { connections } = parsePolicyFile(policy(), {
  file: 'countersign.yaml',
  env: {},
  directory: '/nowhere',
});
const connection = connections.get('prod-cluster');
const told = async (input: KubectlInput) => {
  if (connection === undefined) throw new TypeError('no connection');
  return (await requestAnalysis(connection, input)).effects.map(effectInShort);
};
const applied = (manifest: object) => told({ argv: ['apply', '-f', '-'], stdin: JSON.stringify(manifest) });

test('a limit: all means the kinds that every cluster has', async () => {
  const all = await told({ argv: ['get', 'all', '-n', 'shop'] });
  expect(all).toHaveLength(10);
  expect(all).toContain('read k8s:shop/apps/deployments/*');
});

test('a limit: what a pod may do where it runs makes no other effect', async () => {
  const pod = (spec: object) => applied({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
  const plain = await pod({ containers: [{ name: 'c', image: 'nginx' }] });
  const privileged = {
    hostPID: true,
    serviceAccountName: 'cluster-admin',
    containers: [{ name: 'c', image: 'nginx', securityContext: { privileged: true } }],
  };
  expect(await pod(privileged)).toEqual(plain);
});

test('a limit: what a selector could mean is everything of its kind', async () => {
  const argv = ['delete', 'pods', '-l', 'app=web', '-n', 'shop'];
  expect(await told({ argv })).toEqual(['write.delete k8s:shop/-/pods/*']);
});
