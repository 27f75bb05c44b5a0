import { expect } from 'chai';
import type { Deployment, Pod } from '../../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { RolloutJudge, type RolloutExpectation } from '../../../../src/drivers/kubernetes/rollout/rollout-judge.ts';

const template = { spec: { containers: [{ name: 'web', image: 'acme/web:2' }] } };
const deployment = (updated: number, spec: Deployment['spec'] = {}): Deployment => ({
  metadata: { uid: 'u', generation: 2, resourceVersion: String(updated) },
  spec: { replicas: 3, template, ...spec },
  status: { observedGeneration: 2, replicas: 3, updatedReplicas: updated, availableReplicas: updated },
});
const pod = (reason: string | undefined, image = 'acme/web:2', name = 'p'): Pod => ({
  metadata: { name },
  spec: { containers: [{ name: 'web', image }] },
  status: {
    containerStatuses: [{ name: 'web', ready: false, state: reason === undefined ? { running: {} } : { waiting: { reason } } }],
  },
});
const judgeOf = (expectation: Partial<RolloutExpectation> = {}): RolloutJudge =>
  new RolloutJudge({ kind: 'deployment', written: deployment(0), graceMs: 1000, ...expectation }, 0);
const kindOf = (judge: RolloutJudge, object: Deployment | undefined, pods: Pod[], now: number): string => {
  const verdict = judge.judge(object, pods, now);
  return 'kind' in verdict ? verdict.kind : verdict.state;
};

describe('RolloutJudge', () => {
  it('waits for a definite cause to hold while nothing moves', () => {
    const judge = judgeOf();
    expect(kindOf(judge, deployment(1), [pod('ImagePullBackOff')], 0)).to.equal('progressing');
    expect(kindOf(judge, deployment(1), [pod('ImagePullBackOff')], 999)).to.equal('progressing');
    expect(judge.judge(deployment(1), [pod('ImagePullBackOff')], 1000)).to.deep.equal({
      kind: 'failed',
      blamed: ['web'],
      message: '1 of 3 updated, 1 available, 2 old left; ImagePullBackOff (p, container web)',
    });
  });

  it('waits on while other pods get ready', () => {
    const judge = judgeOf();
    kindOf(judge, deployment(1), [pod('ImagePullBackOff')], 0);
    expect(kindOf(judge, deployment(2), [pod('ImagePullBackOff')], 1500)).to.equal('progressing');
    expect(kindOf(judge, deployment(2), [pod('ImagePullBackOff')], 2500)).to.equal('failed');
  });

  it('counts the time of a crashing container on while it runs for a moment', () => {
    const judge = judgeOf();
    kindOf(judge, deployment(1), [pod('CrashLoopBackOff')], 0);
    expect(kindOf(judge, deployment(1), [pod(undefined)], 600)).to.equal('progressing');
    expect(kindOf(judge, deployment(1), [pod('CrashLoopBackOff')], 1100)).to.equal('failed');
  });

  it('forgets the cause of a pod that recovered or is gone', () => {
    const judge = judgeOf();
    kindOf(judge, deployment(1), [pod('CrashLoopBackOff')], 0);
    kindOf(judge, deployment(1), [], 500);
    expect(kindOf(judge, deployment(1), [pod('CrashLoopBackOff')], 1100)).to.equal('progressing');
  });

  it('does not blame pods of another template', () => {
    const judge = judgeOf();
    for (const now of [0, 5000])
      expect(kindOf(judge, deployment(1), [pod('CrashLoopBackOff', 'acme/web:1')], now)).to.equal('progressing');
  });

  it('calls the time-out of the receiver, or a deadline that Kubernetes never announces', () => {
    const judge = judgeOf({ timeoutMs: 5000 });
    expect(kindOf(judge, deployment(1), [], 4999)).to.equal('progressing');
    expect(judge.judge(deployment(2), [], 5000))
      .to.have.property('message')
      .that.matches(/^not complete after 5 s, 2 of 3/);
    const patient = judgeOf();
    expect(kindOf(patient, deployment(1, { progressDeadlineSeconds: 10 }), [], 0)).to.equal('progressing');
    expect(kindOf(patient, deployment(1, { progressDeadlineSeconds: 10 }), [], 39_999)).to.equal('progressing');
    expect(kindOf(patient, deployment(1, { progressDeadlineSeconds: 10 }), [], 40_000)).to.equal('failed');
  });

  it('tells who else ended the rollout', () => {
    const judge = judgeOf();
    expect(kindOf(judge, undefined, [], 0)).to.equal('deleted');
    expect(kindOf(judge, { ...deployment(1), metadata: { uid: 'u', deletionTimestamp: 'now' } }, [], 0)).to.equal('deleted');
    expect(kindOf(judge, { ...deployment(1), metadata: { uid: 'other' } }, [], 0)).to.equal('superseded');
    expect(kindOf(judge, deployment(1, { template: { ...template, metadata: { annotations: { a: 'b' } } } }), [], 0)).to.equal(
      'superseded',
    );
    expect(kindOf(judge, deployment(1, { paused: true }), [], 0)).to.equal('paused');
    expect(kindOf(judge, deployment(3, { replicas: 3, template: { spec: { ...template.spec } } }), [], 0)).to.equal('complete');
  });
});
