/**
 * The kinds that a cluster has of its own (custom resources, and those of other API servers behind it), as its discovery
 * tells of them. It is asked only when a call names a kind that is not in the table of those that every cluster has.
 */
import { isDeepStrictEqual } from 'node:util';
import { asCountersignError, CountersignError, type Json } from '@countersign/core';
import { within } from '../../runtime/within.ts';
import { member } from './api-request.ts';
import { type Kind, Kinds } from './kinds.ts';
import type { Reach } from './reach.ts';
import { readJson } from './read-json.ts';

/** Milliseconds for an answer, and its bytes: a cluster with a thousand kinds tells of them in some megabytes. */
const withinMs = 5000;
const maxBytes = 16 * 1024 * 1024;
const mostKinds = 5000;
/** Short names of a kind; whoever needs one beyond that takes another word. */
const mostShort = 20;
/** How old an answer may be: for a kind that stands in it, and to say that there is none, or no answer. Milliseconds. */
const [knownForMs, unknownForMs] = [60_000, 2000];

/** In one answer, which API servers give since 1.27. */
const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

export class ClusterKinds {
  readonly #reach: Pick<Reach, 'cluster' | 'runtime' | 'closing'>;
  #last: { readonly kinds: Kinds; readonly at: number } | null = null;
  #failed: { readonly thrown: unknown; readonly at: number } | null = null;
  #asking: Promise<Kinds> | null = null;

  constructor(reach: Pick<Reach, 'cluster' | 'runtime' | 'closing'>) {
    this.#reach = reach;
  }

  /**
   * What `judge` makes of the kinds that are known; where it names one that is not, of those that the cluster has.
   *
   * @throws What `judge` throws; {@link CountersignError} `unknown_object` also where the cluster does not tell.
   */
  async judged<T>(judge: (kinds?: Kinds) => T): Promise<T> {
    try {
      return judge();
    } catch (thrown) {
      if (!isUnknown(thrown)) throw thrown;
      const kinds = await this.#forJudging(knownForMs, thrown);
      try {
        return judge(kinds);
      } catch (again) {
        if (!isUnknown(again)) throw again;
        return judge(await this.#forJudging(unknownForMs, again));
      }
    }
  }

  /**
   * Compares kinds that a call was judged by with those that there are.
   *
   * @throws {CountersignError} `schema_changed` where one is gone, or another; what asking the cluster throws.
   */
  async compare(relied: readonly Kind[]): Promise<void> {
    if (relied.length === 0) return;
    const now = await this.#atMost(unknownForMs);
    const changed = relied.find((kind) => !isDeepStrictEqual(now.of(kind.group, kind.resource), kind));
    if (changed !== undefined)
      throw new CountersignError('schema_changed', { what: `${changed.resource}.${changed.group}` });
  }

  async #forJudging(ms: number, unknown: CountersignError): Promise<Kinds> {
    try {
      return await this.#atMost(ms);
    } catch (thrown) {
      const { code } = asCountersignError(thrown, 'timed_out');
      const what = `${unknown.details.what ?? 'a kind'}, which not every cluster has, and this one does not tell (${code})`;
      throw new CountersignError('unknown_object', { what }, { cause: thrown });
    }
  }

  /** Of an answer that is at most as old. */
  async #atMost(ms: number): Promise<Kinds> {
    const { runtime } = this.#reach;
    if (this.#last !== null && runtime.now() - this.#last.at < ms) return this.#last.kinds;
    if (this.#failed !== null && runtime.now() - this.#failed.at < unknownForMs) throw this.#failed.thrown;
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = null)));
  }

  /** Keeps the answer, or that there was none: whoever can't be asked must not be asked for every call. */
  async #ask(): Promise<Kinds> {
    const { runtime } = this.#reach;
    try {
      const kinds = await this.#discovered();
      this.#last = { kinds, at: runtime.now() };
      this.#failed = null;
      return kinds;
    } catch (thrown) {
      this.#failed = { thrown, at: runtime.now() };
      throw thrown;
    }
  }

  async #discovered(): Promise<Kinds> {
    const { cluster, runtime, closing } = this.#reach;
    const body = await within(runtime, withinMs, async (late) => {
      const headers = [['accept', accept]] as const;
      const request = { method: 'GET', path: '/apis', headers, body: null };
      const answer = await cluster.read(request, AbortSignal.any([late, closing]));
      const read = await readJson(answer, maxBytes);
      if (answer.statusCode !== 200)
        throw new CountersignError('target_unavailable', { what: `status ${answer.statusCode ?? 0}` });
      return read;
    });
    const items = body === null ? undefined : member(body, 'items');
    if (!Array.isArray(items)) throw new CountersignError('target_error', { what: 'no list of API groups' });
    return new Kinds(items.flatMap(kindsOfGroup).slice(0, mostKinds));
  }
}

const isUnknown = (thrown: unknown): thrown is CountersignError =>
  thrown instanceof CountersignError && thrown.code === 'unknown_object';

/** The kinds of a group, each in the version that the API server prefers; none that is not as the API names things. */
function kindsOfGroup(item: Json): readonly Kind[] {
  const group = member(member(item, 'metadata'), 'name');
  const versions = member(item, 'versions');
  if (!isText(group, /^[a-z0-9][a-z0-9.-]{0,252}$/) || !Array.isArray(versions)) return [];
  const found = new Map<string, Kind>();
  for (const one of versions) {
    const [version, resources] = [member(one, 'version'), member(one, 'resources')];
    if (!isText(version, /^[a-z0-9][a-z0-9-]{0,62}$/) || !Array.isArray(resources)) continue;
    for (const each of resources) {
      const kind = kindOfResource(each, group, version);
      if (kind !== null && !found.has(kind.resource)) found.set(kind.resource, kind);
    }
  }
  return [...found.values()];
}

function kindOfResource(resource: Json, group: string, version: string): Kind | null {
  const [plural, scope, singular] = ['resource', 'scope', 'singularResource'].map((name) =>
    member(resource, name),
  );
  const kind = member(member(resource, 'responseKind'), 'kind');
  const short = member(resource, 'shortNames') ?? [];
  if (!isText(plural, /^[a-z][a-z0-9-]{0,252}$/) || !isText(kind, /^[A-Za-z][A-Za-z0-9]{0,252}$/))
    return null;
  if ((scope !== 'Namespaced' && scope !== 'Cluster') || !Array.isArray(short)) return null;
  return Object.freeze({
    group,
    resource: plural,
    kind,
    singular: isText(singular, /^[a-z][a-z0-9-]{0,252}$/) ? singular : kind.toLowerCase(),
    short: short.filter((name) => isText(name, /^[a-z][a-z0-9-]{0,62}$/)).slice(0, mostShort),
    namespaced: scope === 'Namespaced',
    version,
  });
}

const isText = (value: Json | undefined, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value);
