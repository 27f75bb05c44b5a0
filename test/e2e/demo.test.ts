import { expect } from 'chai';
import { startWebhookService } from '../support/program.ts';

describe('the demo', () => {
  it('brings a Docker Hub push to an emulated Deployment and an emulated Rancher service', async function () {
    this.timeout(180_000);
    const demo = startWebhookService(['demo', '--once', '--port', '0']);
    try {
      expect(await demo.ended(), demo.output()).to.equal(0);
      const output = demo.output();
      expect(output).to.match(/kubernetes-web: answered 200/);
      expect(output).to.match(/kubernetes-web: succeeded, .*svendowideit\/testhook:latest/);
      expect(output).to.match(/rancher-web: answered 200/);
      expect(output).to.match(/rancher-web: succeeded/);
      expect(output).to.match(/curl .*\/v1-webhooks\/endpoint\?token=/);
    } finally {
      await demo.stop();
    }
  });

  it('stays up, and ends cleanly when it is interrupted', async function () {
    this.timeout(180_000);
    const demo = startWebhookService(['demo', '--port', '0']);
    try {
      await demo.says(/Ctrl-C ends the demo/);
      const [, url = ''] = /receivers' *$|'(http[^']*\/v1-webhooks\/receivers[^']*)'/m.exec(demo.output()) ?? [];
      const [, key = ''] = /API key of project 1a5 is (\S+)/.exec(demo.output()) ?? [];
      const answer = await fetch(url, { headers: { Authorization: `Basic ${Buffer.from(key).toString('base64')}` } });
      const { data } = (await answer.json()) as { data: { driver: string }[] };
      expect(data.map(({ driver }) => driver).toSorted()).to.deep.equal([
        'deploymentUpdate',
        'forwardPost',
        'scaleHost',
        'scaleService',
        'serviceUpgrade',
      ]);
      demo.process.kill('SIGINT');
      expect(await demo.ended()).to.equal(0);
    } finally {
      await demo.stop();
    }
  });

  it('says in one line that its port is taken, and what changes it', async () => {
    const first = startWebhookService(['emulate', 'kubernetes']);
    try {
      const [, port = ''] = await first.says(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
      const demo = startWebhookService(['demo', '--port', port]);
      expect(await demo.ended()).to.equal(1);
      expect(demo.output().trim().split('\n')).to.have.length(1);
      expect(demo.output()).to.include(`127.0.0.1:${port} is taken`).and.to.include('--port');
    } finally {
      await first.stop();
    }
  });
});
