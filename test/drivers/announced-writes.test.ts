import { expect } from 'chai';
import { forwardPost } from '../../src/drivers/forward-post/index.ts';
import { scaleHost } from '../../src/drivers/scale-host/index.ts';
import { scaleService } from '../../src/drivers/scale-service/index.ts';
import { LeaseLostError } from '../../src/framework/deliveries/delivery-store.ts';
import type { Driver, DriverConfig } from '../../src/framework/driver.ts';
import type { Rancher } from '../../src/rancher/rancher.ts';
import { FakeRancher, type FakeRancherOptions } from '../support/fake-rancher.ts';
import { deliveryRequest, runDriver } from '../support/run-driver.ts';
import { down, recorded, templateUp, up } from './scale-host/recorded-hosts.ts';

const service = { id: '1s1', type: 'service', kind: 'service', scale: 2, launchConfig: { imageUuid: 'docker:acme/web:1' } };
const post = { serviceName: 'pipeline', port: '80', path: '/' };
const proxy = { creatable: ['serviceProxy'], created: { url: 'ws://host/v1/container-proxy', token: 't' } };
const hosts = { resources: recorded };
const forward = (rancher: Rancher): Driver => forwardPost({ rancher, forwardPost: 'auto' });

interface Case {
  readonly name: string;
  readonly driver: (rancher: Rancher) => Driver;
  readonly config: DriverConfig;
  readonly options: FakeRancherOptions;
  readonly steps: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'scaleService',
    driver: (rancher) => scaleService({ rancher }),
    config: { serviceId: '1s1', amount: 1, action: 'up', min: 1, max: 4 },
    options: { resources: [service] },
    steps: ['scale'],
  },
  {
    name: 'scaleHost that clones',
    driver: (rancher) => scaleHost({ rancher }),
    config: { ...up, amount: 2 },
    options: hosts,
    steps: ['add host base4', 'add host base5'],
  },
  {
    name: 'scaleHost by a template',
    driver: (rancher) => scaleHost({ rancher }),
    config: { ...templateUp, amount: 2 },
    options: hosts,
    steps: ['add host base4', 'add host base5'],
  },
  {
    name: 'scaleHost that removes',
    driver: (rancher) => scaleHost({ rancher }),
    config: { ...down, amount: 2 },
    options: hosts,
    steps: ['remove host 1h4', 'remove host 1h2'],
  },
  { name: 'forwardPost', driver: forward, config: post, options: {}, steps: ['post'] },
  { name: 'forwardPost by a service proxy', driver: forward, config: post, options: proxy, steps: ['service proxy', 'post'] },
];

for (const { name, driver, config, options, steps } of cases) {
  describe(`${name}, before each write`, () => {
    it('says so', async () => {
      const rancher = new FakeRancher(options);
      expect((await runDriver(driver(rancher), config, deliveryRequest())).steps).to.deep.equal(steps);
      expect(rancher.writes).to.have.length(steps.length);
    });

    it('may lose its lease, and then does not write', async () => {
      for (const [index, lost] of steps.entries()) {
        const rancher = new FakeRancher(options);
        const gone = new LeaseLostError();
        const run = runDriver(driver(rancher), config, deliveryRequest(), new AbortController().signal, (step) => {
          if (step === lost) throw gone;
        });
        expect(await run.catch((thrown: unknown) => thrown)).to.equal(gone);
        expect(rancher.writes).to.have.length(index);
      }
    });
  });
}
