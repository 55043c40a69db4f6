/**
 * The kinds that kubectl may name: a table of those that every cluster has, Kubernetes 1.27 to 1.34, and beside them the
 * cluster's own, where it was asked for them.
 */

export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural, in lower case, as in the API's paths: `deployments`. */
  readonly resource: string;
  /** As in manifests: `Deployment`. */
  readonly kind: string;
  /** In lower case: `deployment`. */
  readonly singular: string;
  readonly short: readonly string[];
  readonly namespaced: boolean;
  /** One that it is served in: `v1`. */
  readonly version: string;
}

/** A group, then its kinds: the kind, its plural, its short names; `*` after the plural of one without a namespace. */
const written = `
-: Binding bindings; ComponentStatus componentstatuses* cs; ConfigMap configmaps cm; Endpoints endpoints ep;
  Event events ev; LimitRange limitranges limits; Namespace namespaces* ns; Node nodes* no;
  PersistentVolumeClaim persistentvolumeclaims pvc; PersistentVolume persistentvolumes* pv; Pod pods po;
  PodTemplate podtemplates; ReplicationController replicationcontrollers rc; ResourceQuota resourcequotas quota;
  Secret secrets; ServiceAccount serviceaccounts sa; Service services svc
admissionregistration.k8s.io: MutatingWebhookConfiguration mutatingwebhookconfigurations*;
  ValidatingWebhookConfiguration validatingwebhookconfigurations*;
  ValidatingAdmissionPolicy validatingadmissionpolicies*;
  ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings*;
  MutatingAdmissionPolicy mutatingadmissionpolicies*;
  MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings*
apiextensions.k8s.io: CustomResourceDefinition customresourcedefinitions* crd crds
apiregistration.k8s.io: APIService apiservices*
apps: ControllerRevision controllerrevisions; DaemonSet daemonsets ds; Deployment deployments deploy;
  ReplicaSet replicasets rs; StatefulSet statefulsets sts
authentication.k8s.io: TokenReview tokenreviews*; SelfSubjectReview selfsubjectreviews*
authorization.k8s.io: LocalSubjectAccessReview localsubjectaccessreviews;
  SelfSubjectAccessReview selfsubjectaccessreviews*; SelfSubjectRulesReview selfsubjectrulesreviews*;
  SubjectAccessReview subjectaccessreviews*
autoscaling: HorizontalPodAutoscaler horizontalpodautoscalers hpa
batch: CronJob cronjobs cj; Job jobs
certificates.k8s.io: CertificateSigningRequest certificatesigningrequests* csr; ClusterTrustBundle clustertrustbundles*
coordination.k8s.io: Lease leases; LeaseCandidate leasecandidates
discovery.k8s.io: EndpointSlice endpointslices
events.k8s.io: Event events ev
flowcontrol.apiserver.k8s.io: FlowSchema flowschemas*; PriorityLevelConfiguration prioritylevelconfigurations*
internal.apiserver.k8s.io: StorageVersion storageversions*
metrics.k8s.io: NodeMetrics nodes*; PodMetrics pods
networking.k8s.io: IngressClass ingressclasses*; Ingress ingresses ing; NetworkPolicy networkpolicies netpol;
  IPAddress ipaddresses* ip; ServiceCIDR servicecidrs*
node.k8s.io: RuntimeClass runtimeclasses*
policy: PodDisruptionBudget poddisruptionbudgets pdb
rbac.authorization.k8s.io: ClusterRoleBinding clusterrolebindings*; ClusterRole clusterroles*;
  RoleBinding rolebindings; Role roles
resource.k8s.io: DeviceClass deviceclasses*; ResourceClaim resourceclaims;
  ResourceClaimTemplate resourceclaimtemplates; ResourceSlice resourceslices*
scheduling.k8s.io: PriorityClass priorityclasses* pc
storage.k8s.io: CSIDriver csidrivers*; CSINode csinodes*; CSIStorageCapacity csistoragecapacities;
  StorageClass storageclasses* sc; VolumeAttachment volumeattachments*; VolumeAttributesClass volumeattributesclasses* vac
`;

/** In the order in which kubectl prefers them: where two have a name in common, the first is meant. */
export const kindsEverywhere: readonly Kind[] = Object.freeze(
  written
    .replaceAll('\n  ', ' ')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [group = '', members = ''] = line.split(': ');
      return members.split(';').map((member): Kind => {
        const [kind = '', plural = '', ...short] = member.trim().split(' ');
        return Object.freeze({
          group: group === '-' ? '' : group,
          resource: plural.replace('*', ''),
          kind,
          singular: kind.toLowerCase(),
          short: Object.freeze(short),
          namespaced: !plural.endsWith('*'),
          version: 'v1',
        });
      });
    }),
);

/** What kubectl takes `all` for, where the cluster adds no kinds of its own to it. */
const all = [
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'horizontalpodautoscalers.autoscaling',
  'cronjobs.batch',
  'jobs.batch',
];

/** Kinds by their names. */
export class Kinds {
  /** Those of the cluster itself. */
  readonly own: readonly Kind[];
  readonly #all: readonly Kind[];
  readonly #byResource: ReadonlyMap<string, Kind>;

  /** @param own In the order in which the cluster tells of them. Where one has a name of the table, that of the table is meant. */
  constructor(own: readonly Kind[] = []) {
    this.own = own;
    this.#all = [...kindsEverywhere, ...own];
    this.#byResource = new Map(this.#all.toReversed().map((kind) => [keyOf(kind), kind]));
  }

  /** A kind by the words of the API's paths; null for one that is not known. */
  of(group: string, resource: string): Kind | null {
    return this.#byResource.get(keyOf({ group, resource })) ?? null;
  }

  /** A kind as a manifest names it; null for one that is not known. */
  ofManifest(apiVersion: string, kind: string): Kind | null {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    return this.#all.find((one) => one.kind === kind && one.group === group) ?? null;
  }

  /** The kinds that one word of a command line stands for; null where that can't be told. */
  named(word: string): readonly Kind[] | null {
    if (word === 'all') return all.map(builtIn);
    const kind = this.#one(word);
    return kind === null ? null : [kind];
  }

  /**
   * As kubectl reads it: plural or singular in any case, a short name in small letters, perhaps with a group, or a version
   * and a group.
   */
  #one(word: string): Kind | null {
    const [name = '', ...rest] = word.split('.');
    const [first = '', ...others] = rest;
    // `pods.v1.` and `deployments.v1.apps`: a version comes first, where there are two dots or more.
    const group =
      rest.length === 0
        ? null
        : rest.length > 1 && /^v[0-9]+(?:(?:alpha|beta)[0-9]+)?$/.test(first)
          ? others.join('.')
          : rest.join('.');
    const lower = name.toLowerCase();
    const isMeant = (one: Kind) =>
      (group === null || one.group === group) &&
      (one.resource === lower ||
        one.singular === lower ||
        one.kind.toLowerCase() === lower ||
        one.short.includes(name));
    return this.#all.find(isMeant) ?? null;
  }
}

const keyOf = ({ group, resource }: Pick<Kind, 'group' | 'resource'>): string => `${resource}.${group}`;

/** Those that every cluster has, and no others. */
export const builtInKinds = new Kinds();

/** A kind that is in the table: `pods`, `jobs.batch`. */
export function builtIn(name: string): Kind {
  const [kind] = builtInKinds.named(name) ?? [];
  if (kind === undefined) throw new TypeError(`${name} is no kind of the table`);
  return kind;
}
