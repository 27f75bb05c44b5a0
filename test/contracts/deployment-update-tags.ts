import { expect } from 'chai';
import type { SetUp } from './deployment-update-driver.ts';

const digest = `sha256:${'7'.repeat(64)}`;

/** What the order of a receiver's tags does to a workload. */
export function itFollowsTagPolicies(setUp: SetUp): void {
  describe('a policy of tags', () => {
    it('lets a higher version through, and neither a lower one nor another spelling of the same', async () => {
      const { workload, push } = await setUp({ image: 'acme/web:v1.2.0' });
      const config = { tagPolicy: 'semver', tag: '^1.2' };
      const raised = push({ tag: '1.10.0', digest }, config);
      expect(await raised.run()).to.have.property('outcome', 'succeeded');
      expect(await workload.image()).to.equal(`acme/web:1.10.0@${digest}`);
      for (const [tag, reason] of [
        ['1.9.0', 'tag 1.9.0 is lower than 1.10.0, which runs'],
        ['v1.10', 'tag v1.10 is the same version as 1.10.0, which runs'],
      ] as const) {
        const { actions, skipped = [] } = await push({ tag }, config).plan();
        expect(actions, tag).to.deep.equal([]);
        expect(skipped[0]?.reason).to.equal(`container web keeps acme/web:1.10.0@${digest}: ${reason}`);
      }
      expect(() => push({ tag: '2.0.0' }, config)).to.throw('the push was ignored: version 2.0.0 is not in ^1.2');
    });

    it('lets the same tag with another digest through', async () => {
      const { workload, push } = await setUp({ image: 'acme/web:1.2.0' });
      expect(await push({ tag: '1.2.0', digest }, { tagPolicy: 'semver', tag: '*' }).run()).to.have.property(
        'outcome',
        'succeeded',
      );
      expect(await workload.image()).to.equal(`acme/web:1.2.0@${digest}`);
    });

    it('plans anew what a higher version came before', async () => {
      const { workload, push } = await setUp();
      const config = { tagPolicy: 'regex', tag: '^main-[0-9a-f]+-(?P<build>\\d+)$' };
      const older = push({ tag: 'main-ff-9' }, config);
      const [waiting] = (await older.plan()).actions;
      expect(await push({ tag: 'main-aa-10' }, config).run()).to.have.property('outcome', 'succeeded');
      expect(waiting && (await older.replan(waiting))).to.deep.equal({
        reason: 'container web keeps acme/web:main-aa-10: tag main-ff-9 is older than main-aa-10, which runs',
      });
      expect(await workload.image()).to.equal('acme/web:main-aa-10');
    });
  });
}
