import { coerceError, ServiceError } from '../../../framework/errors.ts';
import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { Pod, Workload } from '../cluster/kubernetes-objects.ts';
import { revisionLabel, templateContainers } from '../workload/pod-template.ts';
import { waitingReasons } from './waiting-reasons.ts';

/**
 * Pods of a former revision that keep a StatefulSet from going on: it replaces its pods one by one, and waits for one that
 * never gets ready for ever, even where that very one is to be replaced.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
 */
export function stuckPods({ metadata, spec, status }: Workload, pods: readonly Pod[]): readonly Pod[] {
  if (status?.updateRevision === undefined || status.observedGeneration !== metadata?.generation) return [];
  if (spec?.podManagementPolicy === 'Parallel') return [];
  return pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      pod.metadata?.ownerReferences?.some(({ uid }) => uid === metadata?.uid) === true &&
      pod.metadata.labels?.[revisionLabel] !== status.updateRevision &&
      !isReady(pod),
  );
}

/** Those of the stuck ones that will hardly recover by themselves, with what to do about them; empty for none. */
export function stuckText(workload: Workload, pods: readonly Pod[]): string {
  const stuck = stuckPods(workload, pods).filter((pod) => waitingReasons(pod).some(({ definite }) => definite));
  return stuck.length === 0 ? '' : adviceOn(workload.metadata?.namespace ?? '', stuck);
}

/** What a person has to run. */
export function adviceOn(namespace: string, pods: readonly Pod[]): string {
  const names = pods.map(({ metadata }) => metadata?.name ?? '');
  const which =
    names.length === 1 ? `pod ${names[0]} of a former revision is` : `pods ${names.join(', ')} of a former revision are`;
  return `${which} in the way, run: kubectl -n ${namespace} delete pod ${names.join(' ')}`;
}

export interface PodRemoverOptions {
  readonly cluster: KubernetesCluster;
  readonly namespace: string;
  /** The images that failed, by container: only pods that run one of them are removed. */
  readonly failed: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  beforeWrite(step: string): Promise<void>;
}

/** Removes the pods of a failed template that keep a StatefulSet from going back. */
export class PodRemover {
  readonly #options: PodRemoverOptions;
  readonly #removed = new Set<string>();

  constructor(options: PodRemoverOptions) {
    this.#options = options;
  }

  /** @returns what a person has to do, where the rights do not allow it; undefined otherwise. */
  async remove(workload: Workload, pods: readonly Pod[]): Promise<string | undefined> {
    const { cluster, namespace, signal } = this.#options;
    const stuck = stuckPods(workload, pods).filter((pod) => this.#isOfFailed(pod) && !this.#removed.has(versionOf(pod)));
    for (const pod of stuck) {
      const { name = '', uid = '', resourceVersion = '' } = pod.metadata ?? {};
      try {
        await cluster.delete('pod', namespace, name, { uid, resourceVersion }, signal, () =>
          this.#options.beforeWrite(`delete pod ${name}`),
        );
      } catch (thrown) {
        const error = coerceError(thrown);
        if (error instanceof ServiceError && error.code === 'Forbidden') return adviceOn(namespace, stuck);
        throw thrown;
      }
      // What has changed since it was read was not deleted, and is looked at again.
      this.#removed.add(versionOf(pod));
    }
    return undefined;
  }

  #isOfFailed(pod: Pod): boolean {
    return templateContainers(pod).some(({ name, image }) => image !== undefined && this.#options.failed.get(name) === image);
  }
}

function versionOf({ metadata }: Pod): string {
  return `${metadata?.uid}/${metadata?.resourceVersion}`;
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}
