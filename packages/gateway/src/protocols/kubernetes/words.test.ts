import { expect, test } from '@jest/globals';
import { effectInWords, visibleLine } from './words.ts';

test('effects in words say what, which and where', () => {
  const words = (
    action: 'read' | `write.${string}` | `admin.${string}` | 'execute',
    resource: string,
    via?: string,
  ) => effectInWords({ action, resource: `k8s:${resource}`, ...(via === undefined ? {} : { via }) });
  expect(words('read', 'shop/-/pods/web')).toBe('reads pods web in shop');
  expect(words('write.delete', '*/apps/deployments/*')).toBe(
    'deletes all deployments.apps in all namespaces',
  );
  expect(words('admin.patch', '-/-/nodes/n1')).toBe('changes nodes n1 of the cluster');
  expect(words('admin.create', '-/rbac%2Eauthorization%2Ek8s%2Eio/clusterroles/system%3Aa')).toBe(
    'creates clusterroles.rbac.authorization.k8s.io system:a of the cluster',
  );
  expect(words('write.delete', 'shop/*/*/*', 'namespace shop')).toBe(
    'deletes everything in shop (via namespace shop)',
  );
});

test('never 28: a line reads as what it is, word by word', () => {
  expect(visibleLine(['get', 'pods', '-n', 'shop', '-o', 'jsonpath={.items[*]}'])).toBe(
    "kubectl get pods -n shop -o 'jsonpath={.items[*]}'",
  );
  expect(visibleLine(['exec', 'web', '--', 'sh', '-c', "echo 'a b'; rm x", ''])).toBe(
    "kubectl exec web -- sh -c 'echo '\\''a b'\\''; rm x' ''",
  );
  expect(visibleLine(['get', 'pоds', 'a\u202eb'])).toBe("kubectl get 'pо⟨U+043E⟩ds' 'a⟨U+202E⟩b'");
});
