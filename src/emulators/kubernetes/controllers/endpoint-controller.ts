import type { Controller, ControllerParts } from './controller.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';
import { selectsLabels } from '../objects/label-selector.ts';
import { ownerReference, suffix } from './owned-pods.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');
const services = typeOfKind('Service');
const slices = typeOfKind('EndpointSlice');
const endpoints = typeOfKind('Endpoints');

/** Keeps for every Service that selects pods an EndpointSlice of them, and Endpoints, which goes with the Service. */
export class EndpointController implements Controller {
  readonly #parts: ControllerParts;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  /** The Endpoints of a Service have no owner, but its name. */
  forget({ metadata: { namespace = '', name } }: KubernetesObject): void {
    if (this.#parts.store.find(endpoints, namespace, name)) this.#parts.store.delete(endpoints, namespace, name);
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const service = store.find(services, namespace, name);
    const matchLabels = mapAt(service?.spec, 'selector');
    if (!service || service.metadata.deletionTimestamp !== undefined || Object.keys(matchLabels).length === 0) return;
    if (service.spec?.['type'] === 'ExternalName') return;
    const selected = store
      .list(pods, namespace)
      .filter((pod) => selectsLabels({ matchLabels }, pod.metadata.labels) && textOr(pod.status?.['podIP']) !== '');
    const content = { endpoints: selected.map(endpoint), ports: selected.length === 0 ? null : portsOf(service, selected[0]) };
    const slice = store.ownedOf(slices, service)[0];
    if (slice) store.replace(slices, { ...slice, ...content });
    else store.create(slices, newSlice(service, content));
    this.#writeEndpoints(service, selected);
  }

  #writeEndpoints(service: KubernetesObject, selected: readonly KubernetesObject[]): void {
    const { store } = this.#parts;
    const { name, namespace = '' } = service.metadata;
    const subsets = subsetsOf(service, selected);
    const found = store.find(endpoints, namespace, name);
    const { subsets: _former, ...kept } = found ?? newEndpoints(service);
    const next = { ...kept, ...(subsets.length > 0 && { subsets }) } as KubernetesObject;
    if (found) store.replace(endpoints, next);
    else store.create(endpoints, next);
  }
}

/** Ready ones apart from the others, as the older kind has them. */
function subsetsOf(service: KubernetesObject, selected: readonly KubernetesObject[]): JsonMap[] {
  if (selected.length === 0) return [];
  const address = ({ metadata: { name, namespace, uid }, spec, status }: KubernetesObject): JsonMap => ({
    ip: status?.['podIP'],
    nodeName: spec?.['nodeName'],
    targetRef: { kind: 'Pod', name, namespace, uid },
  });
  const isServed = (pod: KubernetesObject): boolean => isReady(pod) && !isTerminating(pod);
  const ready = selected.filter(isServed).map(address);
  const others = selected.filter((pod) => !isServed(pod) && !isTerminating(pod)).map(address);
  return [
    {
      ...(ready.length > 0 && { addresses: ready }),
      ...(others.length > 0 && { notReadyAddresses: others }),
      ports: portsOf(service, selected[0]).map(({ name, ...port }) => (name === '' ? port : { name, ...port })),
    },
  ];
}

function newEndpoints({ metadata: { name, namespace, labels } }: KubernetesObject): KubernetesObject {
  const metadata = { name, ...(namespace !== undefined && { namespace }), ...(labels && { labels }) };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, uid: '', resourceVersion: '', creationTimestamp: '' },
  };
}

function newSlice(service: KubernetesObject, content: JsonMap): KubernetesObject {
  const { name, namespace = '' } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${suffix()}`,
      generateName: `${name}-`,
      namespace,
      generation: 1,
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
      ownerReferences: [ownerReference(service)],
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
    },
    addressType: 'IPv4',
    ...content,
  };
}

function endpoint(pod: KubernetesObject): JsonMap {
  const { name, namespace, uid } = pod.metadata;
  const isServing = isReady(pod);
  return {
    addresses: [pod.status?.['podIP']],
    conditions: { ready: isServing && !isTerminating(pod), serving: isServing, terminating: isTerminating(pod) },
    nodeName: pod.spec?.['nodeName'],
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

/** A port may go by the name that a container gives it. */
function portsOf({ spec }: KubernetesObject, pod: KubernetesObject | undefined): JsonMap[] {
  const named = listAt(pod?.spec, 'containers').flatMap((container) => listAt(container, 'ports'));
  return listAt(spec, 'ports').map(({ name = '', protocol, targetPort }) => ({
    name,
    protocol,
    port: typeof targetPort === 'number' ? targetPort : named.find((each) => each['name'] === targetPort)?.['containerPort'],
  }));
}
