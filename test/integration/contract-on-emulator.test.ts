import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { startWebhookService } from '../support/program.ts';
import { playContract } from '../support/recorded-contract.ts';
import { recordedSeed } from '../support/recorded-seed.ts';
import { startRecordingRancher } from '../support/recording-rancher.ts';

interface ExpectedDifference {
  readonly step: string;
  readonly reason: string;
}

const expectedDifferences = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../fixtures/contract-on-emulator.json'), 'utf8'),
) as ExpectedDifference[];

describe('the recorded traffic with the emulator behind the service', () => {
  it('differs only where a faithful Rancher differs from the scripted one, as listed', async function () {
    this.timeout(180_000);
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'contract-'));
    const rancher = await startRecordingRancher(recordedSeed);
    const privateKey = generatePrivateKeyPem();
    const service = startWebhookService([], {
      CATTLE_URL: `${rancher.url}/v1`,
      CATTLE_ACCESS_KEY: 'access',
      CATTLE_SECRET_KEY: 'secret',
      RSA_PRIVATE_KEY_CONTENTS: privateKey,
      WEBHOOK_AUTH: 'none',
      WEBHOOK_LISTEN: '127.0.0.1:0',
      WEBHOOK_DATA_DIR: directory,
    });
    try {
      const [, target = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
      const { differences } = await playContract({ target, rancher: rancher.url, privateKey, directory });
      const listed = new Set(expectedDifferences.map(({ step }) => step));
      const surprising = differences.filter(({ step }) => !listed.has(step)).map(({ text }) => text);
      expect(surprising.join('\n')).to.equal('');
      const found = new Set(differences.map(({ step }) => step));
      expect(
        [...listed].filter((step) => !found.has(step)),
        'listed, but they agree',
      ).to.deep.equal([]);
    } finally {
      await service.stop();
      await rancher.stop();
      fs.rmSync(directory, { recursive: true, force: true });
    }
  });
});
