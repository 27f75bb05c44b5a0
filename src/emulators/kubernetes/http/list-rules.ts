/** How a list is merged entry by entry. */
export interface ListRule {
  /** The field that tells the entries apart in a strategic merge patch; absent for a list of plain values. */
  readonly mergeKey?: string;
  /** The fields that do so for server-side apply. */
  readonly applyKeys: readonly string[];
}

/**
 * A field of such a name is such a list in every kind that is served; any other list is one value.
 * Source: the patchMergeKey and listMapKey tags of k8s.io/api core/v1, apps/v1 and meta/v1.
 */
const rules: Readonly<Record<string, ListRule>> = {
  containers: byField('name'),
  initContainers: byField('name'),
  ephemeralContainers: byField('name'),
  env: byField('name'),
  volumes: byField('name'),
  imagePullSecrets: byField('name'),
  schedulingGates: byField('name'),
  resourceClaims: byField('name'),
  volumeMounts: byField('mountPath'),
  volumeDevices: byField('devicePath'),
  hostAliases: byField('ip'),
  ownerReferences: byField('uid'),
  conditions: byField('type'),
  addresses: byField('type'),
  podIPs: byField('ip'),
  ports: { mergeKey: 'containerPort', applyKeys: ['containerPort', 'protocol'] },
  topologySpreadConstraints: { mergeKey: 'topologyKey', applyKeys: ['topologyKey', 'whenUnsatisfiable'] },
  finalizers: { applyKeys: [] },
};

const servicePorts: ListRule = { mergeKey: 'port', applyKeys: ['port', 'protocol'] };

/** Maps that server-side apply replaces as a whole. */
const atomicMaps = new Set(['selector', 'nodeSelector', 'labelSelector', 'configMapKeyRef', 'secretKeyRef', 'fieldRef']);

/** The rule for a list; undefined if it is one value as a whole. */
export function listRule(kind: string, field: string): ListRule | undefined {
  if (field === 'ports' && kind === 'Service') return servicePorts;
  return Object.hasOwn(rules, field) ? rules[field] : undefined;
}

export function isAtomicMap(field: string): boolean {
  return atomicMaps.has(field);
}

function byField(field: string): ListRule {
  return { mergeKey: field, applyKeys: [field] };
}
