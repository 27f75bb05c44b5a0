import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { generatePrivateKeyPem } from '../../src/framework/key-ring.ts';
import { freePort } from '../support/free-port.ts';
import { type Program, startProgram, startWebhookService } from '../support/program.ts';
import { playContract, rancherMock } from '../support/recorded-contract.ts';

describe('the recorded traffic of the Go service 0.9.15', () => {
  for (const style of ['token', 'key']) {
    it(`is answered alike with WEBHOOK_URL_STYLE=${style}`, async function () {
      this.timeout(300_000);
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'contract-'));
      const privateKey = generatePrivateKeyPem();
      const port = await freePort();
      const programs: Program[] = [];
      try {
        const mock = startProgram(rancherMock, [String(port)]);
        programs.push(mock);
        await mock.says(/rancher mock on/);
        const service = startWebhookService([], {
          CATTLE_URL: `http://127.0.0.1:${port}/v1`,
          CATTLE_ACCESS_KEY: 'access',
          CATTLE_SECRET_KEY: 'secret',
          RSA_PRIVATE_KEY_CONTENTS: privateKey,
          WEBHOOK_AUTH: 'none',
          WEBHOOK_LISTEN: '127.0.0.1:0',
          WEBHOOK_URL_STYLE: style,
          WEBHOOK_DATA_DIR: directory,
        });
        programs.push(service);
        const [, target = ''] = await service.says(/"message":"listening","url":"([^"]+)"/);
        const result = await playContract({ target, rancher: `http://127.0.0.1:${port}`, privateKey, directory });
        expect(result.differences).to.deep.equal([]);
        expect(result.summary).to.equal('156 of 156 requests agree');
      } finally {
        await Promise.all(programs.map((program) => program.stop()));
        fs.rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});
