import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { serviceUpgrade } from '../../src/drivers/service-upgrade/index.ts';
import type { Driver } from '../../src/framework/driver.ts';
import { SenderAuthenticity } from '../../src/framework/sender-authenticity/sender-authenticity.ts';
import type { SenderConfig } from '../../src/framework/sender-authenticity/sender-fields.ts';
import { payloadFormats } from '../../src/payloads/index.ts';
import type { Rancher } from '../../src/rancher/rancher.ts';
import { projectRoot } from '../support/program.ts';
import { startApi, type TestApi } from '../support/start-api.ts';

const run = promisify(execFile);

/** A config of the page and the command that follows it. */
interface Example {
  readonly title: string;
  readonly config: SenderConfig;
  readonly command: string;
}

function readExamples(): Example[] {
  const page = fs.readFileSync(path.join(projectRoot, 'docs/authenticity.md'), 'utf8');
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const title = section.slice(0, section.indexOf('\n'));
      const configs = [...section.matchAll(/```json\n(.*?)```/gs)];
      return configs.map(({ 1: json = '', index }) => {
        const command = /```sh\n(.*?)```/s.exec(section.slice(index))?.[1] ?? '';
        return { title, config: JSON.parse(json) as SenderConfig, command };
      });
    });
}

const examples = readExamples();
const withSecrets = examples.filter(({ config }) => config.secrets !== undefined);

describe('the examples of docs/authenticity.md', () => {
  let api: TestApi;
  let folder: string;

  before(async () => {
    const driver: Driver = {
      ...serviceUpgrade({ rancher: {} as Rancher, formats: payloadFormats }),
      plan: () => Promise.resolve({ actions: [] }),
    };
    api = await startApi({ drivers: [driver] });
    folder = await mkdtemp(path.join(os.tmpdir(), 'authenticity-'));
    await writeFile(path.join(folder, 'body.json'), '{"image": "acme/web:latest"}\n');
    await writeFile(path.join(folder, '.curlrc'), 'silent\noutput = /dev/null\nwrite-out = "%{http_code}"\n');
  });
  after(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });

  /** The status that the command is answered with. */
  async function statusOf(command: string, url: string, secret: string): Promise<string> {
    const env = { PATH: process.env['PATH'] ?? '', CURL_HOME: folder, URL: url, SECRET: secret };
    return (await run('bash', ['-euo', 'pipefail', '-c', command], { cwd: folder, env })).stdout;
  }

  it('are there for every sender', () => {
    expect(new Set(examples.map(({ config }) => config.authentication)).size).to.equal(6);
    expect(withSecrets).to.have.length(6);
  });

  for (const { title, config } of examples) {
    it(`can be stored: ${title}, ${config.authentication}`, () => {
      new SenderAuthenticity().check({ ...config });
    });
  }

  for (const [index, { title, config, command }] of withSecrets.entries()) {
    it(`work: ${title}, ${config.headerName ?? config.authentication}`, async () => {
      const serviceUpgradeConfig = {
        serviceSelector: { app: 'web' },
        tag: 'latest',
        batchSize: 1,
        intervalMillis: 2,
        payloadFormat: 'generic',
        ...config,
      };
      const made = await api.create({ name: `wh${index}`, driver: 'serviceUpgrade', serviceUpgradeConfig });
      expect(made.status, made.text).to.equal(200);
      const url = `${api.url}${new URL(String(made.json['url'])).pathname}${new URL(String(made.json['url'])).search}`;
      const [secret = ''] = config.secrets ?? [];
      expect(await statusOf(command, url, secret ?? '')).to.equal('200');
      expect(await statusOf(command, url, 'whsec_b3RoZXI=')).to.equal('401');
    });
  }
});
