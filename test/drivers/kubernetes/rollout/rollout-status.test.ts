import { expect } from 'chai';
import type { WorkloadKind } from '../../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Condition, Deployment, Pod, Workload } from '../../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { rolloutStatus } from '../../../../src/drivers/kubernetes/rollout/rollout-status.ts';
import { waitingText } from '../../../../src/drivers/kubernetes/rollout/waiting-reasons.ts';

const deployment = (status: Deployment['status'] = {}, spec: Deployment['spec'] = {}): Deployment => ({
  metadata: { generation: 2 },
  spec: { replicas: 3, ...spec },
  status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
});
const unobserved = 'the change has not been observed yet';
const exceeded: Condition = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  lastUpdateTime: '2026-01-01T00:00:00Z',
};

describe('rolloutStatus', () => {
  const cases: readonly [string, Deployment, string, string][] = [
    ['all pods are new and available', deployment(), 'complete', '3 of 3 updated, 3 available'],
    [
      'nothing is wanted',
      deployment({ replicas: 0, updatedReplicas: 0, availableReplicas: 0 }, { replicas: 0 }),
      'complete',
      '0 of 0 updated, 0 available',
    ],
    ['the status is of the former generation', deployment({ observedGeneration: 1 }), 'progressing', unobserved],
    [
      'the former generation exceeded its deadline',
      deployment({ observedGeneration: 1, conditions: [exceeded] }),
      'progressing',
      unobserved,
    ],
    [
      'some pods are not new yet',
      deployment({ updatedReplicas: 1, replicas: 4 }),
      'progressing',
      '1 of 3 updated, 3 available, 3 old left',
    ],
    ['old pods are still there', deployment({ replicas: 4 }), 'progressing', '3 of 3 updated, 3 available, 1 old left'],
    ['new pods are not available yet', deployment({ availableReplicas: 2 }), 'progressing', '3 of 3 updated, 2 available'],
    [
      'the deadline is exceeded',
      deployment({ updatedReplicas: 1, conditions: [exceeded] }),
      'failed',
      'progress deadline exceeded, 1 of 3 updated, 3 available, 2 old left',
    ],
    ['there is no status at all', { metadata: { generation: 1 } }, 'progressing', unobserved],
  ];
  for (const [name, object, state, message] of cases) {
    it(`is ${state} where ${name}`, () => expect(rolloutStatus('deployment', object, [])).to.include({ state, message }));
  }

  const set = (status: Workload['status'] = {}, partition?: number): Workload => ({
    metadata: { generation: 2 },
    spec: {
      replicas: 3,
      updateStrategy: { type: 'RollingUpdate', ...(partition !== undefined && { rollingUpdate: { partition } }) },
    },
    status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, ...status },
  });
  const daemons = (status: Workload['status'] = {}): Workload => ({
    metadata: { generation: 2 },
    status: {
      observedGeneration: 2,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      ...status,
    },
  });
  const others: readonly [string, WorkloadKind, Workload, string, string][] = [
    ['all pods of a StatefulSet are new and ready', 'statefulSet', set(), 'complete', '3 of 3 updated, 3 available'],
    [
      'new pods of a StatefulSet are ready and not yet available',
      'statefulSet',
      set({ availableReplicas: 2 }),
      'complete',
      '3 of 3 updated, 3 ready, 2 available, 1 unavailable',
    ],
    [
      'some pods of a StatefulSet are not new yet',
      'statefulSet',
      set({ updatedReplicas: 2 }),
      'progressing',
      '2 of 3 updated, 3 available, 1 old left',
    ],
    [
      'a pod of a StatefulSet is not ready, on a server that tells of ready ones only',
      'statefulSet',
      { ...set(), status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 2 } },
      'progressing',
      '3 of 3 updated, 2 available, 1 unavailable',
    ],
    [
      'all pods above the partition are new',
      'statefulSet',
      set({ updatedReplicas: 1 }, 2),
      'complete',
      '1 of 3 updated, 3 available, 2 kept by the partition',
    ],
    [
      'a pod above the partition is not new yet',
      'statefulSet',
      set({ updatedReplicas: 0 }, 2),
      'progressing',
      '0 of 3 updated, 3 available, 1 old left, 2 kept by the partition',
    ],
    ['a StatefulSet was not looked at yet', 'statefulSet', set({ observedGeneration: 1 }), 'progressing', unobserved],
    ['every node has a new pod', 'daemonSet', daemons(), 'complete', '2 of 2 updated, 2 available'],
    [
      'a DaemonSet has no nodes',
      'daemonSet',
      { metadata: { generation: 1 }, status: { observedGeneration: 1 } },
      'complete',
      '0 of 0 updated, 0 available',
    ],
    [
      'a node has an old pod',
      'daemonSet',
      daemons({ updatedNumberScheduled: 1 }),
      'progressing',
      '1 of 2 updated, 2 available, 1 old left',
    ],
    [
      'a new pod on a node is not available',
      'daemonSet',
      daemons({ numberAvailable: 1, numberReady: 1, numberUnavailable: 1 }),
      'progressing',
      '2 of 2 updated, 1 available, 1 unavailable',
    ],
    ['a DaemonSet was not looked at yet', 'daemonSet', daemons({ observedGeneration: 1 }), 'progressing', unobserved],
  ];
  for (const [name, kind, object, state, message] of others) {
    it(`is ${state} where ${name}`, () => expect(rolloutStatus(kind, object, [])).to.include({ state, message }));
  }

  it('does not take an exceeded deadline from before the write for one of this rollout', () => {
    const object = deployment({ replicas: 4, conditions: [exceeded] });
    expect(rolloutStatus('deployment', object, [], exceeded).state).to.equal('progressing');
    expect(rolloutStatus('deployment', object, [], { ...exceeded, lastUpdateTime: '2025-12-31T00:00:00Z' }).state).to.equal(
      'failed',
    );
    expect(rolloutStatus('deployment', object, [], { ...exceeded, reason: 'NewReplicaSetAvailable' }).state).to.equal('failed');
  });

  it('is complete with an exceeded deadline from before the write', () => {
    expect(rolloutStatus('deployment', deployment({ conditions: [exceeded] }), [], exceeded).state).to.equal('complete');
  });

  it('says what pods wait for, definite causes first', () => {
    const pod = (name: string, status: Pod['status']): Pod => ({ metadata: { name }, ...(status && { status }) });
    const { waiting } = rolloutStatus('deployment', deployment({ updatedReplicas: 1 }), [
      pod('a', {
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' }],
      }),
      pod('b', { containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ContainerCreating' } } }] }),
      pod('c', {
        containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling' } } }],
      }),
      pod('d', { initContainerStatuses: [{ name: 'init', state: { terminated: { reason: 'Error', exitCode: 2 } } }] }),
      pod('e', { initContainerStatuses: [{ name: 'init', state: { terminated: { reason: 'Completed', exitCode: 0 } } }] }),
      pod('f', {}),
    ]);
    expect(waiting.map(({ subject, reason, definite }) => [subject, reason, definite])).to.deep.equal([
      ['a', 'Unschedulable', false],
      ['c', 'ImagePullBackOff', true],
      ['d', 'Error', false],
    ]);
    expect(waitingText(waiting)).to.equal('ImagePullBackOff (c, container web and 2 more): Back-off pulling');
    expect(waitingText([])).to.equal('');
  });

  it('says why not even a ReplicaSet can be made, which leaves the change unobserved', () => {
    const message = 'Failed to create new replica set "web-1": exceeded quota';
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message }];
    const { state, waiting } = rolloutStatus('deployment', deployment({ observedGeneration: 1, conditions }), []);
    expect(state).to.equal('progressing');
    expect(waitingText(waiting)).to.equal(`ReplicaSetCreateError (a new ReplicaSet): ${message}`);
  });

  it('says why no pod can be made', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }];
    expect(waitingText(rolloutStatus('deployment', deployment({ conditions }), []).waiting)).to.equal(
      'FailedCreate (a new pod): exceeded quota',
    );
  });
});
