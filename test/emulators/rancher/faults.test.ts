import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { type Call, callerOf, startSample } from '../../support/rancher-emulator-client.ts';

const web = '/v2-beta/projects/1a5/services/1s1';
const upgrade = { inServiceStrategy: { launchConfig: { imageUuid: 'docker:acme/web:2' } } };

describe('Rancher emulator: faults', () => {
  let emulator: RancherEmulator;
  let call: Call;
  beforeEach(async () => {
    emulator = await startSample();
    call = callerOf(emulator.url);
  });
  afterEach(() => emulator.stop());

  it('answers the next matching requests with a status', async () => {
    await call('POST', '/_faults', { method: 'GET', path: '/services/1s1', status: 503, times: 2 });
    expect((await call('GET', '/v2-beta/projects')).status).to.equal(200);
    const faulted = await call('GET', web);
    expect(faulted.body).to.include({ type: 'error', status: 503 });
    expect(faulted.headers.get('x-api-schemas')).to.be.a('string');
    expect((await call('PUT', web, {})).status).to.equal(200);
    expect((await call('GET', web)).status).to.equal(503);
    expect((await call('GET', web)).status).to.equal(200);
  });

  it('matches regular expressions, drops connections, waits, and clears', async () => {
    emulator.faults.failRequests({ path: '/services\\/1s[12]$/', drop: true, times: 0 });
    const error: unknown = await call('GET', web).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
    await call('DELETE', '/_faults');
    emulator.faults.failRequests({ latencyMs: 60 });
    const began = performance.now();
    expect((await call('GET', web)).status).to.equal(200);
    expect(performance.now() - began).to.be.greaterThan(55);
  });

  it('lets a process get stuck, and a rollback free it', async () => {
    await call('POST', '/_faults', { faults: [{ resource: 'web', process: 'upgrade', mode: 'stuck', times: 1 }] });
    await call('POST', `${web}?action=upgrade`, upgrade);
    expect((await call('GET', web)).body).to.include({ state: 'upgrading', transitioning: 'yes' });
    expect((await call('POST', `${web}?action=rollback`)).body).to.include({ state: 'active', transitioning: 'no' });
    expect((await call('POST', `${web}?action=upgrade`, upgrade)).body).to.include({ state: 'upgraded' });
  });

  it('lets a process end in an error', async () => {
    emulator.faults.failProcess({ resource: '1s1', process: 'upgrade', mode: 'error', message: 'image not found' });
    const { body } = await call('POST', `${web}?action=upgrade`, upgrade);
    expect(body).to.include({ state: 'upgrading', transitioning: 'error', transitioningMessage: 'image not found' });
    expect((await call('POST', `${web}?action=rollback`)).body).to.include({
      state: 'active',
      transitioning: 'no',
      transitioningMessage: null,
    });
  });

  it('is for administrators and refuses what makes no sense', async () => {
    expect((await callerOf(emulator.url, 'owner', 'owner-secret')('POST', '/_faults', { status: 500 })).status).to.equal(403);
    expect((await callerOf(emulator.url, '')('GET', '/_faults')).status).to.equal(401);
    for (const bad of [
      { status: 99 },
      { path: '/(/', status: 500 },
      { process: 'upgrade' },
      { process: 'upgrade', resource: 'x', mode: 'odd' },
    ]) {
      expect((await call('POST', '/_faults', bad)).status, JSON.stringify(bad)).to.equal(422);
    }
    expect((await call('GET', '/_faults')).body['data']).to.deep.equal([]);
  });
});
