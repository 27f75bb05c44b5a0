import { expect } from 'chai';
import { createKubernetesAllowance } from '../../src/drivers/kubernetes/allow.ts';
import { createDrivers } from '../../src/drivers/index.ts';
import type { DriverConfig } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';
import { SenderAuthenticity } from '../../src/framework/sender-authenticity/sender-authenticity.ts';
import { senderFields } from '../../src/framework/sender-authenticity/sender-fields.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import type { Rancher } from '../../src/rancher/rancher.ts';

const issuer = 'https://issuer.example';
const drivers = createDrivers({
  rancher: {} as Rancher,
  formats: payloadFormats,
  forwardPost: 'auto',
  kubernetes: {
    clusters: { connect: () => Promise.reject(new Error('no cluster is needed')) },
    allow: createKubernetesAllowance({ defaultClusterProjectId: '1a5' }),
  },
  senders: new SenderAuthenticity({ issuers: [issuer] }),
});

/** A good config of each driver that takes pushes. */
const configs: Readonly<Record<string, DriverConfig>> = {
  deploymentUpdate: { name: 'web' },
  serviceUpgrade: { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2 },
};

describe('the drivers that take pushes of registries', () => {
  it('are those that can ask senders for a proof', () => {
    const asking = drivers.all.filter(({ definition }) => senderFields.every((field) => definition.fields.includes(field)));
    expect(asking.map(({ definition }) => definition.id)).to.have.members(Object.keys(configs));
    const others = drivers.all.filter((driver) => !asking.includes(driver));
    const names = new Set(senderFields.map(({ name }) => name));
    expect(others.flatMap(({ definition }) => definition.fields.filter(({ name }) => names.has(name)))).to.deep.equal([]);
  });

  for (const [id, config] of Object.entries(configs)) {
    const faultOf = async (more: DriverConfig): Promise<string | undefined> => {
      try {
        await drivers.find(id)?.validate({ ...config, ...more }, '1a5');
        return undefined;
      } catch (thrown) {
        if (thrown instanceof ServiceError) return thrown.fieldName;
        throw thrown;
      }
    };

    it(`check what a receiver of ${id} asks for before it is stored`, async () => {
      expect(await faultOf({})).to.equal(undefined);
      expect(await faultOf({ authentication: 'github', secrets: ['a'] })).to.equal(undefined);
      expect(await faultOf({ authentication: 'github' })).to.equal('secrets');
      expect(await faultOf({ authentication: 'git' })).to.equal('authentication');
      const token = { authentication: 'oidc', issuer, audience: 'us', claims: { project: 'web' } };
      expect(await faultOf(token)).to.equal(undefined);
      expect(await faultOf({ ...token, issuer: 'https://accounts.google.com' })).to.equal('issuer');
    });
  }
});
