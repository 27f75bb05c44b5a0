import type { HorizontalPodAutoscaler, ObjectMeta, Pod, PodDisruptionBudget, Service, Workload } from './kubernetes-objects.ts';

/** The objects that the driver reads, by kind. */
export interface KubernetesKinds {
  readonly deployment: Workload;
  readonly statefulSet: Workload;
  readonly daemonSet: Workload;
  readonly cronJob: Workload;
  readonly replicaSet: Workload;
  readonly pod: Pod;
  readonly service: Service;
  readonly horizontalPodAutoscaler: HorizontalPodAutoscaler;
  readonly podDisruptionBudget: PodDisruptionBudget;
}

export type KubernetesKind = keyof KubernetesKinds;

/** The workloads whose image the driver can change. */
export type WorkloadKind = 'deployment' | 'statefulSet' | 'daemonSet' | 'cronJob';

export interface KubernetesList<T> {
  readonly items: readonly T[];
  /** Where a watch that misses nothing begins. */
  readonly resourceVersion: string;
}

export interface WatchOptions {
  readonly resourceVersion: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** How long to watch at most, seconds. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** What a strategic merge patch that has a precondition came to. */
export type PatchOutcome<T> =
  | { readonly kind: 'patched'; readonly object: T }
  /** The object is another than the patch's `metadata.resourceVersion` says. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' };

/** The API of one cluster. Every method throws ServiceError, with the API server's own message where there is one. */
export interface KubernetesCluster {
  /** Names the cluster among all: a context's name, `in-cluster`, `rancher-1a5`. */
  readonly name: string;
  /** The object, or undefined where there is none. */
  get<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<KubernetesKinds[K] | undefined>;
  /** @param before awaited when nothing but the request is left to do; what it throws is thrown on, and nothing is sent. */
  patch<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    name: string,
    patch: StrategicMergePatch,
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<PatchOutcome<KubernetesKinds[K]>>;
  /**
   * Creates an object.
   * @param before as that of `patch`.
   * @returns the object as the server completed it; undefined where there is one of its name.
   */
  create<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    object: KubernetesKinds[K],
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<KubernetesKinds[K] | undefined>;
  /**
   * Deletes the very object that was read, and in the end what it owns; one that was made anew or changed since stays, which is no error.
   * @param before as that of `patch`.
   */
  delete(
    kind: KubernetesKind,
    namespace: string,
    name: string,
    read: { readonly uid: string; readonly resourceVersion?: string },
    signal: AbortSignal,
    before: () => Promise<void>,
  ): Promise<void>;
  list<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    labelSelector: string,
    signal: AbortSignal,
  ): Promise<KubernetesList<KubernetesKinds[K]>>;
  /** Yields changes until the watch ends, as every watch does; an end is no error, a `resourceVersion` too old is one. */
  watch<K extends KubernetesKind>(
    kind: K,
    namespace: string,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<KubernetesKinds[K]>>;
}

/** A patch that holds nothing but what is to change, and the version that it was made for. */
export interface StrategicMergePatch {
  readonly metadata: ObjectMeta & { readonly resourceVersion: string };
  readonly spec?: object;
}

export interface KubernetesClusters {
  /**
   * @param cluster a receiver's `cluster`: empty, a context's name, or `rancher`.
   * @param projectId whose cluster `rancher` means.
   * @throws ServiceError `InvalidConfig` where there is no such cluster.
   */
  connect(cluster: string, projectId: string): Promise<KubernetesCluster>;
}
