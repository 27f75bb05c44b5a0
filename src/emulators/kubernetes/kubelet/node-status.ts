import { type JsonMap, mapAt, timestamp } from '../objects/kubernetes-object.ts';

/** What the node has enough of. */
const shortages = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
] as const;

/** The status of a Node that is up, as its kubelet would tell it. @param given what is to be in its place. */
export function nodeStatus(name: string, given: unknown): JsonMap {
  const status = mapAt({ given }, 'given');
  if (Object.keys(status).length > 0) return status;
  const now = timestamp();
  const since = { lastHeartbeatTime: now, lastTransitionTime: now };
  const resources = { cpu: '64', memory: '256Gi', pods: '1k' };
  return {
    capacity: resources,
    allocatable: { ...resources },
    conditions: [
      ...shortages.map(([type, reason, message]) => ({ type, status: 'False', reason, message, ...since })),
      { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', ...since },
    ],
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      osImage: 'emulated',
      kernelVersion: 'emulated',
      containerRuntimeVersion: 'emulated',
      kubeletVersion: 'emulated',
    },
  };
}
