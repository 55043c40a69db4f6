/** Tables, as an API server prints them for kubectl: names, ages, and a column more where a kind has one. */
import type { StoredObject } from './store.ts';

const more: Readonly<Record<string, readonly [title: string, cell: (object: StoredObject) => unknown]>> = {
  events: ['Message', (object) => object['message'] ?? ''],
  configmaps: ['Data', (object) => Object.keys((object['data'] as object | undefined) ?? {}).length],
  secrets: ['Type', (object) => object['type'] ?? 'Opaque'],
};

export function tableOf(resource: string, objects: readonly StoredObject[], resourceVersion: string) {
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
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
