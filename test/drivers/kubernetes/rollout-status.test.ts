import { expect } from 'chai';
import type { Condition, Deployment, Pod } from '../../../src/drivers/kubernetes/kubernetes-objects.ts';
import { rolloutStatus } from '../../../src/drivers/kubernetes/rollout-status.ts';
import { waitingText } from '../../../src/drivers/kubernetes/waiting-reasons.ts';

const deployment = (status: Deployment['status'] = {}, spec: Deployment['spec'] = {}): Deployment => ({
  metadata: { generation: 2 },
  spec: { replicas: 3, ...spec },
  status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
});
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
    [
      'the status is of the former generation',
      deployment({ observedGeneration: 1 }),
      'progressing',
      'the change has not been observed yet',
    ],
    [
      'the former generation exceeded its deadline',
      deployment({ observedGeneration: 1, conditions: [exceeded] }),
      'progressing',
      'the change has not been observed yet',
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
    ['there is no status at all', { metadata: { generation: 1 } }, 'progressing', 'the change has not been observed yet'],
  ];
  for (const [name, object, state, message] of cases) {
    it(`is ${state} where ${name}`, () => expect(rolloutStatus(object, [])).to.include({ state, message }));
  }

  it('does not take an exceeded deadline from before the write for one of this rollout', () => {
    const object = deployment({ replicas: 4, conditions: [exceeded] });
    expect(rolloutStatus(object, [], exceeded).state).to.equal('progressing');
    expect(rolloutStatus(object, [], { ...exceeded, lastUpdateTime: '2025-12-31T00:00:00Z' }).state).to.equal('failed');
    expect(rolloutStatus(object, [], { ...exceeded, reason: 'NewReplicaSetAvailable' }).state).to.equal('failed');
  });

  it('is complete with an exceeded deadline from before the write', () => {
    expect(rolloutStatus(deployment({ conditions: [exceeded] }), [], exceeded).state).to.equal('complete');
  });

  it('says what pods wait for, definite causes first', () => {
    const pod = (name: string, status: Pod['status']): Pod => ({ metadata: { name }, ...(status && { status }) });
    const { waiting } = rolloutStatus(deployment({ updatedReplicas: 1 }), [
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

  it('says why no pod can be made', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }];
    expect(waitingText(rolloutStatus(deployment({ conditions }), []).waiting)).to.equal(
      'FailedCreate (a new pod): exceeded quota',
    );
  });
});
