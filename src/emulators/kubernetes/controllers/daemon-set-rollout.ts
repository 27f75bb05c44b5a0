import { type KubernetesObject, mapAt, textOr } from '../objects/kubernetes-object.ts';

/** The pods of a DaemonSet on one node. */
export interface NodePods {
  readonly node: string;
  /** The oldest first. */
  readonly all: readonly KubernetesObject[];
  /** Those that are not on their way out, the oldest first. */
  readonly living: readonly KubernetesObject[];
  /** Of the present template, and not on its way out. */
  readonly fresh: KubernetesObject | undefined;
  /** Of another template, and not on its way out. */
  readonly old: KubernetesObject | undefined;
  readonly isAvailable: (pod: KubernetesObject) => boolean;
}

export interface DaemonRollout {
  /** Pods that are to go. */
  readonly remove: readonly KubernetesObject[];
  /** Nodes that get a new pod beside their old one. */
  readonly surge: readonly string[];
}

/** How many nodes may have two pods at once; 0 if old pods go first. */
export function maxSurgeOf({ spec }: KubernetesObject, nodes: number): number {
  const strategy = mapAt(spec, 'updateStrategy');
  return strategy['type'] === 'OnDelete' ? 0 : amount(mapAt(strategy, 'rollingUpdate')['maxSurge'] ?? 0, nodes);
}

/** The next step of a rolling update: as many nodes at once as the limits allow. */
export function daemonRollout(set: KubernetesObject, nodes: readonly NodePods[]): DaemonRollout {
  const strategy = mapAt(set.spec, 'updateStrategy');
  const maxSurge = maxSurgeOf(set, nodes.length);
  // One pod for a node, or one of each template while they change places.
  const excess = nodes.flatMap(({ living, fresh, old }) =>
    maxSurge > 0 ? living.filter((pod) => pod !== fresh && pod !== old) : living.slice(1),
  );
  if (strategy['type'] === 'OnDelete') return { remove: excess, surge: [] };
  if (maxSurge > 0) {
    const { remove, surge } = surging(nodes, maxSurge);
    return { remove: [...excess, ...remove], surge };
  }
  const maxUnavailable = amount(mapAt(strategy, 'rollingUpdate')['maxUnavailable'] ?? 1, nodes.length);
  return { remove: [...excess, ...replaced(nodes, maxUnavailable)], surge: [] };
}

/** A pod that is not available is missed by nobody; of the others as many go as may be unavailable. */
function replaced(nodes: readonly NodePods[], maxUnavailable: number): KubernetesObject[] {
  const broken = nodes.filter(({ fresh, old, isAvailable }) => !fresh && old && !isAvailable(old));
  const candidates = nodes.filter(({ fresh, old, isAvailable }) => !fresh && old && isAvailable(old));
  const settled = nodes.filter(({ fresh, old, isAvailable }) => fresh && !old && isAvailable(fresh));
  const unavailable = nodes.length - candidates.length - settled.length;
  const going = candidates.slice(0, Math.max(0, maxUnavailable - unavailable));
  return [...broken, ...going].flatMap(({ old }) => old ?? []);
}

/** An old pod goes once the new one beside it is available, or once it is broken itself. */
function surging(nodes: readonly NodePods[], maxSurge: number): DaemonRollout {
  const both = nodes.filter(({ fresh, old }) => fresh && old);
  const done = both.filter(({ fresh, old, isAvailable }) => (fresh && isAvailable(fresh)) || (old && !isAvailable(old)));
  const lone = nodes.filter(({ fresh, old }) => !fresh && old);
  const broken = lone.filter(({ old, isAvailable }) => old && !isAvailable(old));
  const candidates = lone.filter((node) => !broken.includes(node));
  const next = candidates.slice(0, Math.max(0, maxSurge - (both.length - done.length)));
  return { remove: done.flatMap(({ old }) => old ?? []), surge: [...broken, ...next].map(({ node }) => node) };
}

/** Percentages are of the nodes, rounded up. */
function amount(value: unknown, count: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number.parseInt(textOr(value, '0'), 10) * count) / 100);
}
