import { type JsonMap, mapAt, timestamp } from './kubernetes-object.ts';

/** The status of a Node that is up, as its kubelet would tell it. @param given what is to be in its place. */
export function nodeStatus(name: string, given: unknown): JsonMap {
  const status = mapAt({ given }, 'given');
  if (Object.keys(status).length > 0) return status;
  const now = timestamp();
  const resources = { cpu: '64', memory: '256Gi', pods: '1k' };
  return {
    capacity: resources,
    allocatable: { ...resources },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
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
