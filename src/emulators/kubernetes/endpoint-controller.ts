import type { Controller, ControllerParts } from './controller.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from './kubernetes-object.ts';
import { selectsLabels } from './label-selector.ts';
import { ownerReference, suffix } from './owned-pods.ts';
import { isReady, isTerminating } from './pod-availability.ts';
import { typeOfKind } from './resource-types.ts';

const pods = typeOfKind('Pod');
const services = typeOfKind('Service');
const slices = typeOfKind('EndpointSlice');

/** Keeps for every Service that selects pods an EndpointSlice of them. */
export class EndpointController implements Controller {
  readonly #parts: ControllerParts;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const service = store.find(services, namespace, name);
    const matchLabels = mapAt(service?.spec, 'selector');
    if (!service || service.metadata.deletionTimestamp !== undefined || Object.keys(matchLabels).length === 0) return;
    const selected = store
      .list(pods, namespace)
      .filter((pod) => selectsLabels({ matchLabels }, pod.metadata.labels) && textOr(pod.status?.['podIP']) !== '');
    const content = { endpoints: selected.map(endpoint), ports: portsOf(service, selected[0]) };
    const slice = store.ownedOf(slices, service)[0];
    if (slice) store.replace(slices, { ...slice, ...content });
    else store.create(slices, newSlice(service, content));
  }
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
