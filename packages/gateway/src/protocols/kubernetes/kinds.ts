/**
 * The kinds that every cluster has, as far as kubectl may name them: Kubernetes 1.27 to 1.34. A cluster's own kinds are
 * not among them, and a call that names one is denied: nobody could say what it does.
 */

export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural, in lower case, as in the API's paths: `deployments`. */
  readonly resource: string;
  /** As in manifests: `Deployment`. */
  readonly kind: string;
  readonly short: readonly string[];
  readonly namespaced: boolean;
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
export const kinds: readonly Kind[] = Object.freeze(
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
          short: Object.freeze(short),
          namespaced: !plural.endsWith('*'),
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

const byResource = new Map(kinds.map((kind) => [`${kind.resource}.${kind.group}`, kind]));

/** A kind by the words of the API's paths; null where no cluster is sure to have it. */
export const kindOf = (group: string, resource: string): Kind | null =>
  byResource.get(`${resource}.${group}`) ?? null;

/** A kind that is in the table. */
export function builtIn(name: string): Kind {
  const kind = kindNamed(name);
  if (kind === null) throw new TypeError(`${name} is no kind of the table`);
  return kind;
}

/** A kind as a manifest names it; null where it is not in the table. */
export function kindOfManifest(apiVersion: string, kind: string): Kind | null {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return kinds.find((one) => one.kind === kind && one.group === group) ?? null;
}

/**
 * A kind as kubectl reads one word of a command line: plural or singular in any case, a short name in small letters,
 * perhaps with a group, or a version and a group. Null where it is none of the table.
 */
export function kindNamed(word: string): Kind | null {
  const [name = '', ...rest] = word.split('.');
  const [first = '', ...others] = rest;
  // `pods.v1.` and `deployments.v1.apps`: a version comes first, where there are two dots or more.
  const groups =
    rest.length === 0
      ? null
      : rest.length > 1 && /^v[0-9]+(?:(?:alpha|beta)[0-9]+)?$/.test(first)
        ? [others.join('.')]
        : [rest.join('.')];
  const lower = name.toLowerCase();
  const found = kinds.filter(
    ({ group, resource, kind, short }) =>
      (groups === null || groups.includes(group)) &&
      (resource === lower || kind.toLowerCase() === lower || short.includes(name)),
  );
  return found[0] ?? null;
}

/** The kinds that one word stands for; null where one of them can't be told. */
export function kindsNamed(word: string): readonly Kind[] | null {
  if (word === 'all') return all.map(builtIn);
  const kind = kindNamed(word);
  return kind === null ? null : [kind];
}
