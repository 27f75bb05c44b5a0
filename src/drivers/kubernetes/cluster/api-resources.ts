import type { KubernetesKind } from './kubernetes-clusters.ts';

/** One place of the API where a kind may be. */
export interface ApiPlace {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** True where a server may have the version and not the kind in it. */
  readonly unsure?: boolean;
}

export interface ApiResource {
  /** The name in paths and roles: `deployments`. */
  readonly resource: string;
  /** Newest first; the last ones are all that the Kubernetes 1.6 to 1.8 of Rancher 1.6 have. */
  readonly places: readonly ApiPlace[];
}

const apps = (...versions: string[]): ApiPlace[] => versions.map((version) => ({ group: 'apps', version }));
const extensions: ApiPlace = { group: 'extensions', version: 'v1beta1' };

/** Where each kind is. */
export const apiResources: Readonly<Record<KubernetesKind, ApiResource>> = {
  deployment: { resource: 'deployments', places: [...apps('v1', 'v1beta2', 'v1beta1'), extensions] },
  statefulSet: { resource: 'statefulsets', places: apps('v1', 'v1beta2', 'v1beta1') },
  daemonSet: { resource: 'daemonsets', places: [...apps('v1', 'v1beta2'), extensions] },
  replicaSet: { resource: 'replicasets', places: [...apps('v1', 'v1beta2'), extensions] },
  cronJob: {
    resource: 'cronjobs',
    // Until Kubernetes 1.20 there are only Jobs in batch/v1.
    places: [
      { group: 'batch', version: 'v1', unsure: true },
      { group: 'batch', version: 'v1beta1' },
      { group: 'batch', version: 'v2alpha1' },
    ],
  },
  pod: { resource: 'pods', places: [{ group: '', version: 'v1' }] },
  service: { resource: 'services', places: [{ group: '', version: 'v1' }] },
  horizontalPodAutoscaler: {
    resource: 'horizontalpodautoscalers',
    places: ['v2', 'v1'].map((version) => ({ group: 'autoscaling', version })),
  },
  podDisruptionBudget: {
    resource: 'poddisruptionbudgets',
    places: ['v1', 'v1beta1'].map((version) => ({ group: 'policy', version })),
  },
};
