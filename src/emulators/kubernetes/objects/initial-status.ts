import { isDeepStrictEqual } from 'node:util';
import { type JsonMap, type KubernetesObject, mapAt } from './kubernetes-object.ts';
import { qosClass } from '../defaults/admit-pod.ts';
import { nodeStatus } from '../kubelet/node-status.ts';

const statuses: Readonly<Record<string, JsonMap>> = {
  CronJob: {},
  DaemonSet: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  Deployment: {},
  HorizontalPodAutoscaler: { desiredReplicas: 0, currentMetrics: null },
  Ingress: { loadBalancer: {} },
  Job: {},
  PersistentVolumeClaim: { phase: 'Pending' },
  PodDisruptionBudget: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  ReplicaSet: { replicas: 0 },
  Service: { loadBalancer: {} },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
};

/** What a new object has for a status; what a client says of it does not count. A Node tells it itself. */
export function initialStatus(kind: string, name: string, { spec, status: given }: JsonMap): { status?: JsonMap } {
  if (kind === 'Pod') return { status: { phase: 'Pending', qosClass: qosClass(mapAt({ spec }, 'spec')) } };
  if (kind === 'Node') return { status: nodeStatus(name, given) };
  const status = statuses[kind];
  return status ? { status: structuredClone(status) } : {};
}

const templateGeneration = 'deprecated.daemonset.template.generation';

/** A DaemonSet counts the changes of its template in an annotation. */
export function withTemplateGeneration(daemonSet: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
  const former = Number(before?.metadata.annotations?.[templateGeneration] ?? 0);
  const isChanged = !before || !isDeepStrictEqual(mapAt(daemonSet.spec, 'template'), mapAt(before.spec, 'template'));
  const annotations = { ...daemonSet.metadata.annotations, [templateGeneration]: String(former + (isChanged ? 1 : 0)) };
  return { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } };
}
