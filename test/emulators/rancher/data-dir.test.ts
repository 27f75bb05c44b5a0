import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { at, callerOf, idsIn, startSample, until } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: data on disk', () => {
  let dataDir: string;
  beforeEach(() => void (dataDir = join(mkdtempSync(join(tmpdir(), 'rancher-emulator-')), 'data')));
  afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));
  const project = '/v2-beta/projects/1a5';

  it('survives a restart: resources, keys, numbers', async () => {
    const first = await startSample({ dataDir });
    const call = callerOf(first.url);
    await call('POST', `${project}/genericobjects`, { name: 'one', key: 'k1' });
    await call('POST', `${project}/genericobjects`, { name: 'two', key: 'k2' });
    await call('DELETE', `${project}/genericobjects/1go2`);
    await call('PUT', `${project}/services/1s1`, { scale: 3 });
    const key = first.createApiKey({ accountId: '1a5', role: 'member' });
    first.revokeApiKey('owner');
    await first.stop();

    const second = await startSample({ dataDir });
    const again = callerOf(second.url);
    expect(idsIn(await again('GET', `${project}/genericobjects`))).to.deep.equal(['1go1']);
    expect((await again('GET', `${project}/services/1s1`)).body).to.include({ scale: 3, currentScale: 3 });
    expect((await again('POST', `${project}/genericobjects`, { name: 'three' })).body['id']).to.equal('1go3');
    expect(second.authenticate(key.publicValue, key.secretValue)?.role).to.equal('member');
    expect(second.authenticate('owner', 'owner-secret')).to.equal(undefined);
    expect(second.authenticate('readonly', 'readonly-secret')?.role).to.equal('readonly');
    await second.stop();
  });

  it('goes on with an upgrade that a stop interrupted', async () => {
    const first = await startSample({ dataDir, speed: 20 });
    const strategy = { launchConfig: { imageUuid: 'docker:acme/web:2' }, intervalMillis: 600_000 };
    await callerOf(first.url)('POST', `${project}/services/1s1?action=upgrade`, { inServiceStrategy: strategy });
    await until(
      () => first.list('container').some(({ fields }) => fields['imageUuid'] === 'docker:acme/web:2'),
      (isThere) => isThere,
    );
    await first.stop();
    const second = await startSample({ dataDir, speed: 'instant' });
    const { body } = await callerOf(second.url)('GET', `${project}/services/1s1`);
    expect(body).to.include({ state: 'upgraded', currentScale: 2 });
    expect(at(body, 'upgrade', 'inServiceStrategy', 'previousLaunchConfig', 'imageUuid')).to.equal('docker:acme/web:1.0');
    await second.stop();
  });

  it('keeps the file to its owner and secrets out of it', async () => {
    const emulator = await startSample({ dataDir });
    const key = emulator.createApiKey({ accountId: '1a5', role: 'owner' });
    await emulator.stop();
    const file = join(dataDir, 'rancher.sqlite');
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file).includes(key.secretValue)).to.equal(false);
    expect(readFileSync(file).includes(key.publicValue)).to.equal(true);
  });

  it('refuses a folder that is in use', async () => {
    const emulator = await startSample({ dataDir });
    const error: unknown = await startSample({ dataDir }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property('message').that.includes('another process has it open');
    await emulator.stop();
    await (await startSample({ dataDir })).stop();
  });
});
