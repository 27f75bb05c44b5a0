import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { startEmbeddedService } from '../support/embedded-service.ts';
import { projectRoot, startCompiled } from '../support/program.ts';

describe('the memory of the compiled program', () => {
  it('stays below 90 MB while nobody has a receiver', async function () {
    if (process.platform !== 'linux') this.skip();
    this.timeout(60_000);
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
    const service = await startEmbeddedService({}, startCompiled);
    try {
      const text = await readFile(`/proc/${service.program.process.pid}/status`, 'utf8');
      const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(text) ?? [];
      expect((Number(kibibytes) * 1024) / 1e6, 'MB').to.be.below(90);
    } finally {
      await service.stop();
    }
  });
});
