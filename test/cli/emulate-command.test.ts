import { expect } from 'chai';
import { startWebhookService } from '../support/program.ts';
import { until } from '../support/until.ts';

describe('emulate kubernetes', () => {
  it('serves the API groups of the release that is asked for', async () => {
    const program = startWebhookService(['emulate', 'kubernetes', '--release', '1.8'], {});
    try {
      await until(() => /"contexts"[^]*\n}\n/.test(program.output()));
      const [, url = ''] = /^listening on (\S+)$/m.exec(program.output()) ?? [];
      const [, token = ''] = /"token": "(\w+)"/.exec(program.output()) ?? [];
      const answer = await fetch(`${url}/apis`, { headers: { authorization: `Bearer ${token}` } });
      const { groups } = (await answer.json()) as { groups: { preferredVersion: { groupVersion: string } }[] };
      expect(groups.map(({ preferredVersion }) => preferredVersion.groupVersion)).to.include.members([
        'apps/v1beta2',
        'extensions/v1beta1',
        'batch/v1',
      ]);
    } finally {
      program.process.kill();
      await program.ended();
    }
  });

  it('refuses a release that it does not have', async () => {
    const program = startWebhookService(['emulate', 'kubernetes', '--release', '1.9'], {});
    expect(await program.ended()).to.equal(1);
    expect(program.output()).to.include('--release needs 1.34 or 1.8, not 1.9');
  });
});
