/** Tables, as an API server prints them for kubectl: names, ages, and a column more where a kind has one. */
import type { StoredObject } from './store.ts';

const more: Readonly<Record<string, readonly [title: string, cell: (object: StoredObject) => unknown]>> = {
  events: ['Message', (object) => object['message'] ?? ''],
  pods: ['Node', (object) => (object['spec'] as { nodeName?: string } | undefined)?.nodeName ?? '<none>'],
  configmaps: ['Data', (object) => Object.keys((object['data'] as object | undefined) ?? {}).length],
  secrets: ['Type', (object) => object['type'] ?? 'Opaque'],
};

/** @param whole Whether the rows hold their objects, and not only what they are called. */
export function tableOf(
  resource: string,
  objects: readonly StoredObject[],
  resourceVersion: string,
  whole = false,
) {
  const [title = 'Status', cell = () => 'Active'] = more[resource] ?? [];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: ['Name', title, 'Age'].map((name) => ({
      name,
      type: 'string',
      format: '',
      description: '',
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: [object.metadata.name, cell(object), '1d'],
      object: whole
        ? object
        : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
