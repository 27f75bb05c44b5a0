import { expect } from 'chai';
import { admitPod, qosClass } from '../../../../src/emulators/kubernetes/defaults/admit-pod.ts';

function containers(...resources: readonly object[]): { containers: object[] } {
  return { containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) };
}

describe('qosClass', () => {
  const fixed = { limits: { cpu: '1', memory: '1Gi' } };
  for (const [name, spec, wanted] of [
    ['nothing is said', containers({}, {}), 'BestEffort'],
    ['only something else is asked for', containers({ limits: { 'acme.dev/gpu': '1' } }), 'BestEffort'],
    ['something is requested', containers({ requests: { cpu: '1' } }), 'Burstable'],
    ['one container says nothing', containers(fixed, {}), 'Burstable'],
    ['less is requested than allowed', containers({ ...fixed, requests: { cpu: '500m' } }), 'Burstable'],
    ['all are limited', containers(fixed, fixed), 'Guaranteed'],
    ['all are limited to what they request', containers({ ...fixed, requests: fixed.limits }), 'Guaranteed'],
  ] as const)
    it(`is ${wanted} where ${name}`, () => expect(qosClass(spec)).to.equal(wanted));
});

describe('admitPod', () => {
  it('leaves what a pod says itself', () => {
    const own = { serviceAccountName: 'own', serviceAccount: 'own', priority: 5, tolerations: [{ operator: 'Exists' }] };
    expect(admitPod(own)).to.include({ serviceAccountName: 'own', priority: 5 });
    expect(admitPod(own)['tolerations']).to.deep.equal([{ operator: 'Exists' }]);
  });

  it('takes limits for requests where there are none', () => {
    const resources = { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } };
    expect(admitPod(containers(resources))['containers']).to.deep.equal([
      { name: 'c0', resources: { ...resources, requests: { cpu: '1', memory: '1Gi' } } },
    ]);
  });
});
