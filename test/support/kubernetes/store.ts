/** The objects of the double, by where they are. */

export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [more: string]: unknown;
  };
  readonly [more: string]: unknown;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
}

/** Where objects of one kind are: `apps/deployments`, in a namespace or in none. */
export interface Collection {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Null for all of them. */
  readonly namespace: string | null;
}

type Key = string;

export class ObjectStore {
  readonly #objects = new Map<Key, StoredObject>();
  readonly #watchers = new Set<(group: string, resource: string, event: WatchEvent) => void>();
  #version = 100;

  constructor(objects: readonly StoredObject[]) {
    for (const object of objects) this.add(object);
  }

  /** Puts an object where its kind says. */
  add(object: StoredObject): StoredObject {
    const [group, version] = object.apiVersion.includes('/')
      ? (object.apiVersion.split('/') as [string, string])
      : ['', object.apiVersion];
    const resource = pluralOf(object.kind);
    return this.put({ group, version, resource, namespace: object.metadata.namespace ?? '' }, object);
  }

  get(where: Collection, name: string): StoredObject | undefined {
    return this.#objects.get(keyOf(where, where.namespace ?? '', name));
  }

  put(where: Collection, object: StoredObject): StoredObject {
    const { name } = object.metadata;
    const key = keyOf(where, where.namespace ?? '', name);
    const before = this.#objects.get(key);
    const stored = {
      ...object,
      metadata: {
        ...object.metadata,
        ...(where.namespace === '' || where.namespace === null ? {} : { namespace: where.namespace }),
        uid: before?.metadata.uid ?? `uid-${++this.#version}`,
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: String(++this.#version),
      },
    };
    this.#objects.set(key, stored);
    this.#tell(where, { type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  }

  remove(where: Collection, name: string): StoredObject | undefined {
    const key = keyOf(where, where.namespace ?? '', name);
    const object = this.#objects.get(key);
    this.#objects.delete(key);
    if (object !== undefined) this.#tell(where, { type: 'DELETED', object });
    return object;
  }

  list({ group, resource, namespace }: Collection): readonly StoredObject[] {
    const begin = `${group}/${resource}/`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(namespace === null ? begin : `${begin}${namespace}/`))
      .map(([, object]) => object);
  }

  watch(hear: (group: string, resource: string, event: WatchEvent) => void): () => void {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  get version(): string {
    return String(this.#version);
  }

  #tell({ group, resource }: Collection, event: WatchEvent): void {
    for (const hear of this.#watchers) hear(group, resource, event);
  }
}

const keyOf = ({ group, resource }: Collection, namespace: string, name: string): Key =>
  `${group}/${resource}/${namespace}/${name}`;

export const pluralOf = (kind: string): string => {
  const lower = kind.toLowerCase();
  if (/(?:s|x|ch)$/.test(lower)) return lower === 'endpoints' ? lower : `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
};
