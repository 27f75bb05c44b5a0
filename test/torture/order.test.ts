import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { PushLoad } from '../support/push-load.ts';
import { attachStrace, finishedSyncs, need } from '../support/strace.ts';
import { createReceivers, serviceSeed } from './upgrade-targets.ts';
import { openUpgradeWorld, pushOf } from './upgrade-world.ts';

describe('the order of the calls to the system', () => {
  it('has every 200 written after its delivery was on disk', async function () {
    this.timeout(180_000);
    need(this, 'strace', ['-V']);
    const pushes = 200;
    const world = await openUpgradeWorld({ seed: serviceSeed(4) });
    try {
      const program = await world.start();
      const queries = await createReceivers(world.url, 4);
      const trace = path.join(world.folder, 'trace');
      const calls = 'trace=write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync';
      const detach = await attachStrace(program.process.pid, ['-y', '-s', '8192', '-e', calls, '-o', trace]);
      const marks = new Map<string, string>();
      const load = (mark: string, query: string): Promise<void> =>
        new PushLoad({
          connections: 1,
          request: () => ({ url: `${world.url}/v1-webhooks/endpoint${query}`, body: pushOf(mark, 1_500_000_000) }),
        })
          .run(1)
          .then(({ acknowledged: [id = ''] }) => void marks.set(mark, id));
      let sent = 0;
      const sender = async (): Promise<void> => {
        while (sent < pushes) await load(`mark-${1_000 + ++sent}`, queries[sent % 4] ?? '');
      };
      await Promise.all(Array.from({ length: 8 }, sender));
      await detach();
      const lines = readFileSync(trace, 'utf8').split('\n');
      const syncs = finishedSyncs(lines);
      expect(marks.size).to.equal(pushes);
      for (const [mark, id] of marks) {
        const written = lines.findIndex((line) => /pwrite64\(\d+<[^>]*-wal>/.test(line) && line.includes(mark));
        const answered = lines.findIndex((line) => line.includes(`X-Webhook-Delivery: ${id}\\r\\n`));
        expect(answered, `${id} was answered`).to.be.at.least(0);
        expect(written, `${mark} was written`).to.be.within(0, answered);
        const covering = syncs.filter(({ begun, finished }) => begun > written && finished < answered);
        expect(covering, `${id} was on disk before it was answered`).to.not.have.length(0);
      }
    } finally {
      await world.stop();
    }
  });
});
