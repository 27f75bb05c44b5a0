import { type JsonMap, type KubernetesObject, listAt, numberOr, textOr } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { typeOfKind } from '../schema/resource-types.ts';
import { invalid, type StatusError } from '../http/status-error.ts';

const services = typeOfKind('Service');
const firstNodePort = 30_000;
const nodePorts = 2_768;

/** Gives a Service the addresses and node ports that it lacks; those it had stay. */
export function withAddresses(store: ObjectStore, service: KubernetesObject, before?: KubernetesObject): KubernetesObject {
  const spec = service.spec ?? {};
  const type = textOr(spec['type']);
  if (type === 'ExternalName') return service;
  const others = store.list(services).filter(({ metadata }) => metadata.uid !== before?.metadata.uid);
  const wanted = textOr(spec['clusterIP']) || textOr(before?.spec?.['clusterIP']);
  const clusterIP = wanted === '' ? freeAddress(others) : wanted;
  const needsNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  const ports = listAt(spec, 'ports');
  return {
    ...service,
    spec: {
      ...spec,
      clusterIP,
      clusterIPs: [clusterIP],
      ...(ports.length > 0 && { ports: needsNodePorts ? withNodePorts(service, ports, others, before) : ports }),
    },
  };
}

function freeAddress(others: readonly KubernetesObject[]): string {
  const taken = new Set(others.map(({ spec }) => spec?.['clusterIP']));
  for (let number = 10; ; number += 1) {
    const address = `10.96.${Math.floor(number / 256) % 256}.${number % 256}`;
    if (!taken.has(address)) return address;
  }
}

function portTaken(name: string, index: number, port: unknown): StatusError {
  const message = `Invalid value: ${String(port)}: provided port is already allocated`;
  return invalid(services, name, [{ field: `spec.ports[${index}].nodePort`, message }]);
}

function withNodePorts(
  { metadata: { name } }: KubernetesObject,
  ports: readonly JsonMap[],
  others: readonly KubernetesObject[],
  before?: KubernetesObject,
): JsonMap[] {
  const former = listAt(before, 'spec', 'ports');
  const taken = new Set(others.flatMap((each) => listAt(each, 'spec', 'ports')).map((port) => port['nodePort']));
  return ports.map((port, index) => {
    if (numberOr(port['nodePort'], 0) > 0) {
      if (taken.has(port['nodePort'])) throw portTaken(name, index, port['nodePort']);
      return port;
    }
    const same = former.find((each) => each['port'] === port['port'] && each['name'] === port['name']);
    const nodePort = same?.['nodePort'] ?? freePort(taken);
    taken.add(nodePort);
    return { ...port, nodePort };
  });
}

function freePort(taken: ReadonlySet<unknown>): number {
  let port = firstNodePort;
  while (taken.has(port) && port < firstNodePort + nodePorts) port += 1;
  return port;
}
