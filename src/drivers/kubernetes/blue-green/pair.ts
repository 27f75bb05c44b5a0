import type { KubernetesCluster } from '../cluster/kubernetes-clusters.ts';
import type { Service, Workload } from '../cluster/kubernetes-objects.ts';
import { type Labels, labelsText, serviceFits } from './label-selectors.ts';

/** One of the two Deployments that stand behind a Service in turn. */
export interface Member {
  readonly name: string;
  readonly object?: Workload;
}

/** What a receiver's `name` means: the Deployment of that name and its second. */
export interface Pair {
  readonly service?: Service;
  readonly members: readonly [Member, Member];
}

/** The name of the second Deployment of a pair. */
export function secondName(name: string): string {
  return `${name}-green`;
}

export async function readPair(
  cluster: KubernetesCluster,
  namespace: string,
  names: { readonly name: string; readonly service: string },
  signal: AbortSignal,
): Promise<Pair> {
  const [service, ...members] = await Promise.all([
    cluster.get('service', namespace, names.service, signal),
    readMember(cluster, namespace, names.name, signal),
    readMember(cluster, namespace, secondName(names.name), signal),
  ]);
  return { ...(service && { service }), members };
}

async function readMember(cluster: KubernetesCluster, namespace: string, name: string, signal: AbortSignal): Promise<Member> {
  const object = await cluster.get('deployment', namespace, name, signal);
  return { name, ...(object && { object }) };
}

/** The labels of a Deployment's pods. */
export function podLabels(deployment: Workload | undefined): Labels {
  return deployment?.spec?.template?.metadata?.labels ?? {};
}

/** Whether the Service selects the pods of a Deployment. */
export function isSelected(service: Service | undefined, deployment: Workload | undefined): boolean {
  return service !== undefined && deployment !== undefined && serviceFits(service, podLabels(deployment));
}

/** The Deployment behind the Service and the other one; or why that cannot be told. */
export function liveMember(serviceName: string, { service, members }: Pair): { live: Member; other: Member } | string {
  if (service === undefined) return `there is no Service "${serviceName}"`;
  const { selector = {}, type } = service.spec ?? {};
  if (type === 'ExternalName' || Object.keys(selector).length === 0) return `Service ${serviceName} has no selector`;
  const [first, second] = members;
  const selected = members.filter(({ object }) => isSelected(service, object));
  const names = members.flatMap(({ name, object }) =>
    object === undefined ? [] : [`${name} (${labelsText(podLabels(object))})`],
  );
  const what = `Service ${serviceName} selects ${labelsText(selector)}`;
  if (selected.length === 0)
    return `${what}, and no pods of ${names.length === 0 ? `Deployment ${first.name}, which is not there` : `Deployment ${names.join(' or ')}`}`;
  if (selected.length > 1) return `${what}, and so the pods of both ${first.name} and ${second.name}`;
  return selected[0] === first ? { live: first, other: second } : { live: second, other: first };
}
