import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type EmbeddedService, startEmbeddedService } from '../support/embedded-service.ts';
import { projectRoot, startCompiled } from '../support/program.ts';
import { skip } from '../support/skip.ts';

/** What of the program is in memory, megabytes. */
async function residentOf({ program }: EmbeddedService): Promise<number> {
  const text = await readFile(`/proc/${program.process.pid}/status`, 'utf8');
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(text) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}

/** Receivers are made, listed and hit. */
async function use(service: EmbeddedService): Promise<void> {
  const serviceUpgradeConfig = {
    serviceSelector: { app: 'web' },
    tag: '1',
    payloadFormat: 'auto',
    batchSize: 1,
    intervalMillis: 2,
  };
  const { body: receiver } = await service.call('POST', 'receivers', {
    name: 'web',
    driver: 'serviceUpgrade',
    serviceUpgradeConfig,
  });
  for (let count = 0; count < 50; count += 1) {
    const body = JSON.stringify({ image: `acme/web${count}:1` });
    const { status } = await fetch(receiver['url'] as string, { method: 'POST', body });
    expect(status).to.equal(200);
    for (const path of ['receivers', 'deliveries']) expect((await service.call('GET', path)).status).to.equal(200);
  }
}

describe('the memory of the compiled program', () => {
  let service: EmbeddedService;

  before(async function () {
    if (process.platform !== 'linux') skip(this, 'how much memory a process has is read from /proc');
    this.timeout(180_000);
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
    service = await startEmbeddedService({}, startCompiled);
  });

  after(() => service?.stop());

  it('stays below 85 MB while nobody has a receiver', async () => {
    expect(await residentOf(service), 'MB').to.be.below(85);
  });

  it('comes back below 95 MB once it was used', async function () {
    this.timeout(300_000);
    await use(service);
    const end = performance.now() + 240_000;
    let resident = await residentOf(service);
    while (resident >= 95 && performance.now() < end) {
      await sleep(250);
      resident = await residentOf(service);
    }
    expect(resident, 'MB').to.be.below(95);
  });
});
