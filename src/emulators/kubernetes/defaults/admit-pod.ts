import { type JsonMap, listAt, mapAt } from '../objects/kubernetes-object.ts';

const waitSeconds = 300;

/** How long a pod stays on a node that is in trouble, unless it says so itself. */
const patience = ['not-ready', 'unreachable'].map((trouble) => ({
  key: `node.kubernetes.io/${trouble}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: waitSeconds,
}));

/** What the admission of the API server adds to a new pod's spec: its account, its priority and its tolerations. */
export function admitPod(spec: JsonMap): JsonMap {
  const own = listAt(spec, 'tolerations');
  const covers = ({ key, effect }: JsonMap, wanted: string): boolean =>
    (key === undefined || key === wanted) && (effect === undefined || effect === 'NoExecute');
  const added = patience.filter(({ key }) => !own.some((each) => covers(each, key)));
  const tolerations = [...own, ...added];
  return {
    serviceAccountName: 'default',
    serviceAccount: 'default',
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    ...spec,
    tolerations,
    containers: listAt(spec, 'containers').map(withRequests),
  };
}

/** A container requests as much as it is limited to, where it says nothing else. */
function withRequests(container: JsonMap): JsonMap {
  const limits = mapAt(container, 'resources', 'limits');
  if (Object.keys(limits).length === 0) return container;
  const requests = { ...limits, ...mapAt(container, 'resources', 'requests') };
  return { ...container, resources: { ...mapAt(container, 'resources'), requests } };
}

/** How a pod ranks when its node runs short. */
export function qosClass(spec: JsonMap | undefined): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const all = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')];
  const of = (container: JsonMap, part: string): JsonMap => {
    const { cpu, memory } = mapAt(container, 'resources', part);
    return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
  };
  const asks = (container: JsonMap): boolean =>
    ['limits', 'requests'].some((part) => Object.keys(of(container, part)).length > 0);
  if (!all.some(asks)) return 'BestEffort';
  const isFixed = (container: JsonMap): boolean => {
    const limits = of(container, 'limits');
    const requests = { ...limits, ...of(container, 'requests') };
    return ['cpu', 'memory'].every((name) => limits[name] !== undefined && limits[name] === requests[name]);
  };
  return all.every(isFixed) ? 'Guaranteed' : 'Burstable';
}
