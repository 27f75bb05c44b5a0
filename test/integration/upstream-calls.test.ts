import { expect } from 'chai';
import type { RunningService } from '../../src/compose.ts';
import { recordedSeed } from '../support/recorded-seed.ts';
import { type RecordingRancher, startRecordingRancher } from '../support/recording-rancher.ts';
import { startServiceOn } from '../support/service-on-emulator.ts';

const configs = {
  scaleService: { serviceId: '1s1', amount: 1, action: 'up', min: 1, max: 9 },
  forwardPost: { serviceName: 'web', port: '80', path: '/' },
  serviceUpgrade: { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 1 },
};

describe('the calls to Rancher that a trigger costs within a second of the receiver being confirmed', () => {
  let rancher: RecordingRancher;
  let service: RunningService;

  before(async () => {
    rancher = await startRecordingRancher(recordedSeed);
    service = await startServiceOn(rancher.url, {});
  });
  after(async () => {
    await service.stop();
    await rancher.stop();
  });

  async function createAndForgetCalls(driver: keyof typeof configs): Promise<string> {
    const made = await fetch(`${service.url}/v1-webhooks/receivers?projectId=1a5`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: driver, driver, [`${driver}Config`]: configs[driver] }),
    });
    await calls();
    return ((await made.json()) as { url: string }).url;
  }

  async function calls(): Promise<string[]> {
    const log = (await (await fetch(`${rancher.url}/_log?clear`)).json()) as { method: string; url: string }[];
    return log.map(({ method, url }) => `${method} ${url}`);
  }

  it('are two for scaleService: the service read, and written', async () => {
    const url = await createAndForgetCalls('scaleService');
    expect((await fetch(url, { method: 'POST' })).status).to.equal(200);
    expect(await calls()).to.deep.equal(['GET /v2-beta/projects/1a5/services/1s1', 'PUT /v2-beta/projects/1a5/services/1s1']);
  });

  it('are none for a push of another tag', async () => {
    const url = await createAndForgetCalls('serviceUpgrade');
    const body = JSON.stringify({ push_data: { tag: 'dev' }, repository: { repo_name: 'acme/web' } });
    expect((await fetch(url, { method: 'POST', body })).status).to.equal(200);
    expect(await calls()).to.deep.equal([]);
  });

  it('are none for a forged or malformed token', async () => {
    const url = new URL(await createAndForgetCalls('forwardPost'));
    const good = url.searchParams.get('token') ?? '';
    for (const token of ['', 'a.b.c', `${good}x`, good.slice(0, -1)]) {
      url.searchParams.set('token', token);
      const { status } = await fetch(url, { method: 'POST' });
      expect(status).to.be.within(400, 499);
    }
    expect(await calls()).to.deep.equal([]);
  });
});
