import { expect } from 'chai';
import { createKubernetesAllowance, decodeKubernetesRules } from '../../../src/drivers/kubernetes/allow.ts';

const target = { cluster: 'a', namespace: 'shop', kind: 'deployment' };

describe('createKubernetesAllowance', () => {
  it('looks at cluster, namespace and kind', () => {
    const allows = (rule: object): boolean => {
      try {
        createKubernetesAllowance({ rules: decodeKubernetesRules({ '1a5': [rule] }) }).require('1a5', target);
        return true;
      } catch {
        return false;
      }
    };
    expect(allows({ cluster: 'a', namespaces: ['shop'] })).to.equal(true);
    expect(allows({ cluster: 'a', namespaces: ['*'], kinds: ['deployment'] })).to.equal(true);
    expect(allows({ namespaces: ['*'] })).to.equal(false);
    expect(allows({ cluster: 'a', namespaces: ['other'] })).to.equal(false);
    expect(allows({ cluster: 'a', namespaces: ['*'], kinds: ['statefulSet'] })).to.equal(false);
    expect(allows({ cluster: 'a', namespaces: ['*'], kinds: [] })).to.equal(false);
  });

  it('is not fooled by project ids that are names of properties', () => {
    const allowance = createKubernetesAllowance({ rules: {} });
    for (const id of ['__proto__', 'constructor', 'toString']) {
      expect(() => allowance.require(id, target))
        .to.throw()
        .with.property('code', 'Forbidden');
    }
  });

  it('lets the first project of the embedded Rancher use the default cluster, and no other', () => {
    const allowance = createKubernetesAllowance({ defaultClusterProjectId: '1a5' });
    const inDefault = { ...target, cluster: '' };
    expect(() => allowance.require('1a5', inDefault)).not.to.throw();
    expect(() => allowance.require('1a5', target)).to.throw();
    expect(() => allowance.require('1a6', inDefault)).to.throw();
  });
});

describe('decodeKubernetesRules', () => {
  const faults: readonly [unknown, string][] = [
    [[], 'must be a map of project ids'],
    [{ '1A5': [] }, '1A5 must be written 1a5'],
    [{ 5: [] }, '5 must be written 1a5'],
    [{ '1a5': {} }, '1a5 must be a list of rules'],
    [{ '1a5': ['*'] }, '1a5[0] must be a map'],
    [{ '1a5': [{}] }, '1a5[0].namespaces must be a list of names or "*"'],
    [{ '1a5': [{ namespaces: '*' }] }, '1a5[0].namespaces must be a list of names or "*"'],
    [
      { '1a5': [{ namespaces: ['shop', 'shop-*'] }] },
      '1a5[0].namespaces has "shop-*", which is no name of a namespace; "*" alone stands for all',
    ],
    [
      { '1a5': [{ namespaces: ['Shop'] }] },
      '1a5[0].namespaces has "Shop", which is no name of a namespace; "*" alone stands for all',
    ],
    [{ '1a5': [{ namespaces: ['*'], cluster: 1 }] }, '1a5[0].cluster must be a text'],
    [{ '1a5': [{ namespaces: ['*'], kinds: 'deployment' }] }, '1a5[0].kinds must be a list'],
    [{ '1a5': [{ namespaces: ['*'], kind: ['deployment'] }] }, '1a5[0].kind is unknown'],
    [
      { '1a5': [{ namespaces: ['*'], kinds: ['cronJob', 'Deployment'] }] },
      '1a5[0].kinds has "Deployment", which is none of deployment, statefulSet, daemonSet, cronJob',
    ],
  ];
  for (const [value, message] of faults) {
    it(`says that ${message}`, () => {
      expect(() => decodeKubernetesRules(value))
        .to.throw(message)
        .with.property('code', 'InvalidConfig');
    });
  }
});
