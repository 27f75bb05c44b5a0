import { expect } from 'chai';
import type { ActionPause, ActionResult, Decision } from '../../src/framework/driver.ts';
import { type BlueGreenOptions, BlueGreenSetUp, plannedBy, resume, start, waitOut, WriteCut } from './blue-green-set-up.ts';
import type { TestCluster } from './deployment-update-workload.ts';

/**
 * How `deploymentUpdate` brings a second Deployment and switches a Service to it.
 * @param use gives the cluster, or skips the test.
 */
export function itSwitchesServices(use: (test: Mocha.Context) => Promise<TestCluster>): void {
  let cluster: TestCluster;
  before(async function () {
    cluster = await use(this);
  });
  const setUp = (options: BlueGreenOptions = {}): Promise<BlueGreenSetUp> => BlueGreenSetUp.create(cluster, options);
  const untouched = { web: 'acme/web:1 live' };

  describe('blue-green: a good image', () => {
    it('comes in a second Deployment, and of the Service nothing but the selector changes', async () => {
      const world = await setUp({ initImage: 'acme/other:1', spec: { minReadySeconds: 0, revisionHistoryLimit: 3 } });
      const [old, service] = [await world.deployment('web'), await world.service()];
      const push = world.push({ tag: '2' }, { keepOldSeconds: 600 });
      const { action, result } = await start(push);
      expect(action.description).to.equal(
        `${world.namespace}/web web: acme/web:1 → acme/web:2 (blueGreen: Deployment web-green beside web, then Service web goes from web to web-green)`,
      );
      expect(result).to.deep.include({ outcome: 'waiting', awaits: ['abort'] });
      expect(result.message).to.match(/^t-\w+\/web-green runs acme\/web:2 behind Service web; web is kept until \d{4}-/);
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:1', 'web-green': 'acme/web:2 live' });
      const switched = await world.service();
      expect(switched.spec).to.deep.equal({ ...service.spec, selector: { app: 'web-green' } });
      expect(switched.metadata?.labels).to.deep.equal(service.metadata?.labels);
      expect(switched.metadata?.annotations).to.deep.equal(service.metadata?.annotations);
      expect((await world.deployment('web'))?.spec, 'the old one is as it was').to.deep.equal(old?.spec);
      const second = await world.deployment('web-green');
      const like = JSON.stringify(second?.spec).replaceAll('web-green', 'web').replaceAll('acme/web:2', 'acme/web:1');
      const { matchExpressions: _, ...selector } = old?.spec?.selector ?? {};
      expect(JSON.parse(like)).to.deep.equal({ ...old?.spec, selector });
      expect(second?.metadata?.annotations).to.include({ 'webhook-service/delivery': 'delivery-1' });
      expect(push.steps).to.deep.equal([
        'create web-green with acme/web:2',
        'mark web as the former one',
        'switch Service web to web-green',
        'keep web for 600 s',
      ]);
    });

    it('stays alone once the time of the old one is over', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, { keepOldSeconds: 1 });
      const { action, result } = await start(push);
      if (result.outcome !== 'waiting') throw new Error(result.message);
      expect(await waitOut(push, action, result)).to.deep.equal({
        outcome: 'succeeded',
        message: `${world.namespace}/web-green runs acme/web:2 behind Service web; web is removed`,
      });
      expect(await world.standing()).to.deep.equal({ 'web-green': 'acme/web:2 live' });
    });

    it('comes under the first name the next time, and so on', async () => {
      const world = await setUp();
      for (const [tag, name, value] of [
        ['2', 'web-green', 'web-green'],
        ['3', 'web', 'web'],
        ['4', 'web-green', 'web-green'],
      ] as const) {
        expect(await world.push({ tag }).run()).to.have.property('outcome', 'succeeded');
        expect(await world.standing()).to.deep.equal({ [name]: `acme/web:${tag} live` });
        expect((await world.service()).spec?.selector).to.deep.equal({ app: value });
      }
      const { actions, skipped = [] } = await world.push({ tag: '4' }).plan();
      expect(actions).to.deep.equal([]);
      expect(skipped[0]?.reason).to.match(/^container web already runs acme\/web:4/);
    });

    it('changes a label that says blue or green to the other, and no other', async () => {
      const labels = { app: 'web', color: 'blue' };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'acme/web:1' }] } };
      const world = await setUp({ spec: { template }, selector: labels });
      const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
      await world.post('/apis/policy/v1', 'poddisruptionbudgets', { metadata: { name: 'web' }, spec });
      expect(await world.push({ tag: '2' }).run()).to.have.property('outcome', 'succeeded');
      expect((await world.service()).spec?.selector).to.deep.equal({ app: 'web', color: 'green' });
      expect((await world.deployment('web-green'))?.spec?.template?.metadata?.labels).to.deep.equal({
        app: 'web',
        color: 'green',
      });
      expect(await world.push({ tag: '3' }).run()).to.have.property('outcome', 'succeeded');
      expect((await world.service()).spec?.selector).to.deep.equal(labels);
    });

    it('grows with the old one before it takes its place', async () => {
      const world = await setUp({ replicas: 1 });
      const push = world.push({ tag: '2' }, { promote: 'manual', keepOldSeconds: 600 });
      const { action } = await start(push);
      await world.patchDeployment('web', { spec: { replicas: 3 } });
      await resume(push, action, 'promote');
      const second = await world.deployment('web-green');
      expect([second?.spec?.replicas, second?.status?.availableReplicas]).to.deep.equal([3, 3]);
    });
  });

  describe('blue-green: a bad image', () => {
    it('goes again, is held, and the Service is not touched', async () => {
      const world = await setUp();
      const service = await world.service();
      const { outcome, message, hold } = await world.push({ tag: '2-bad' }).run();
      expect([outcome, hold?.images]).to.deep.equal(['rolledBack', ['acme/web:2-bad']]);
      expect(message).to.match(
        /^acme\/web:2-bad failed: .*ImagePullBackOff.*; t-\w+\/web-green is removed, Service web was not switched$/,
      );
      expect(await world.standing()).to.deep.equal(untouched);
      expect(await world.service()).to.deep.equal(service);
    });

    it('stays for a look where the receiver says so, and makes way for the next', async () => {
      const world = await setUp();
      expect(await world.push({ tag: '2-bad' }, { onFailure: 'keep' }).run()).to.have.property('outcome', 'failed');
      expect(await world.standing()).to.deep.equal({ ...untouched, 'web-green': 'acme/web:2-bad' });
      expect(await world.push({ tag: '3' }).run()).to.have.property('outcome', 'succeeded');
      expect(await world.standing()).to.deep.equal({ 'web-green': 'acme/web:3 live' });
    });

    it('that fails only after the switch is switched back from, long before the former one would go', async () => {
      const world = await setUp({ replicas: 1 });
      const push = world.push({ tag: '2-dies3s' }, { keepOldSeconds: 600 });
      const { action, result } = await start(push);
      if (result.outcome !== 'waiting') throw new Error(result.message);
      expect(result.until - Date.now()).to.be.at.most(5_000);
      const end = await waitOut(push, action, result);
      expect(end).to.include({ outcome: 'rolledBack' });
      expect(end).to.have.nested.property('hold.images[0]', 'acme/web:2-dies3s');
      expect(end.message).to.match(/failed after the switch: .*Service web selects web again, and web-green is removed$/);
      expect(await world.standing()).to.deep.equal(untouched);
    });
  });

  describe('blue-green: a person', () => {
    const manual = { promote: 'manual', keepOldSeconds: 600 };

    it('is waited for, and told how to promote', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, manual);
      const { action, result } = await start(push);
      expect(result).to.deep.include({ outcome: 'waiting', awaits: ['promote', 'abort'] });
      expect(result.message).to.match(
        /web-green is ready with acme\/web:2 .* Service web still selects web: POST .*delivery-1\?action=promote/,
      );
      expect(await world.standing()).to.deep.equal({ ...untouched, 'web-green': 'acme/web:2' });
      expect(await resume(push, action), 'without a decision').to.include({ outcome: 'waiting' });
      expect(await resume(push, action, 'promote')).to.deep.include({ outcome: 'waiting', awaits: ['abort'] });
      expect(await world.behindService()).to.deep.equal(['web-green']);
    });

    it('who aborts before the switch has the second Deployment removed', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, manual);
      const { action } = await start(push);
      expect(await resume(push, action, 'abort')).to.deep.equal({
        outcome: 'cancelled',
        message: `aborted by user 1a1; ${world.namespace}/web-green is removed, Service web was not switched`,
      });
      expect(await world.standing()).to.deep.equal(untouched);
    });

    it('who aborts after the switch has it switched back', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, { keepOldSeconds: 600 });
      const { action } = await start(push);
      expect(await resume(push, action, 'abort')).to.deep.equal({
        outcome: 'rolledBack',
        message: 'aborted by user 1a1; Service web selects web again, and web-green is removed',
        hold: { images: ['acme/web:2'], reason: 'aborted by user 1a1' },
      });
      expect(await world.standing()).to.deep.equal(untouched);
      expect((await world.deployment('web'))?.metadata?.annotations).not.to.have.property('webhook-service/kept');
    });

    it('who switches back by hand is not overruled', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, { keepOldSeconds: 600 });
      const { action } = await start(push);
      await world.patchService({ spec: { selector: { app: 'web' } } });
      const { holds = [] } = await world.push({ tag: '2' }).plan();
      expect(holds.map(({ image, reason }) => `${image}: ${reason}`)).to.deep.equal([
        'acme/web:2: somebody switched Service web back',
      ]);
      const end = await resume(push, action);
      expect(end).to.deep.include({ outcome: 'superseded' });
      expect(end).to.have.nested.property('hold.images[0]', 'acme/web:2');
      expect(await world.standing()).to.deep.equal(untouched);
    });

    it('who changes the live Deployment meanwhile is not overruled', async () => {
      const world = await setUp();
      const push = world.push({ tag: '2' }, manual);
      const { action } = await start(push);
      await world.patchDeployment('web', { spec: { template: { metadata: { annotations: { hotfix: 'yes' } } } } });
      const end = await resume(push, action, 'promote');
      expect(end.message).to.match(/^somebody changed the pod template of web meanwhile; .*web-green is removed/);
      expect(end).to.include({ outcome: 'superseded' });
      expect(await world.standing()).to.deep.equal(untouched);
    });
  });

  describe('blue-green: a newer push', () => {
    it('takes the place of one that waits for its promotion', async () => {
      const world = await setUp();
      const older = world.push({ tag: '2' }, { promote: 'manual' });
      const { action } = await start(older);
      expect(await resume(older, action, 'supersede')).to.include({ outcome: 'superseded' });
      expect(await world.standing()).to.deep.equal(untouched);
    });

    it('does not wait until the time of the old one is over', async () => {
      const world = await setUp();
      const older = world.push({ tag: '2' }, { keepOldSeconds: 600 });
      const { action } = await start(older);
      const newer = world.push({ tag: '3' });
      const next = await plannedBy(newer);
      expect(await newer.attempt(next)).to.include({ outcome: 'succeeded' });
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:3 live' });
      const end = await resume(older, action, 'supersede');
      expect(end.outcome).to.equal('superseded');
      expect(await world.standing()).to.deep.equal({ web: 'acme/web:3 live' });
    });

    it('of another container waits for the one that waits', async () => {
      const world = await setUp();
      const older = world.push({ tag: '2' }, { promote: 'manual' });
      const first = await start(older);
      const newer = world.push({ registry: 'docker.io', repository: 'envoyproxy/envoy', tag: 'v1.32' }, { keepOldSeconds: 600 });
      const second = await start(newer);
      expect(second.result).to.include({ outcome: 'waiting' });
      expect(second.result.message).to.match(
        /^waits for delivery delivery-1, whose Deployment .*web-green is not promoted or aborted yet; if that has ended, run: kubectl -n \S+ delete deployment web-green$/,
      );
      expect(await resume(older, first.action, 'promote')).to.include({ outcome: 'succeeded' });
      const anew = await newer.replan(second.action);
      if (!('action' in anew)) throw new Error(anew.reason);
      expect(await newer.attempt(anew.action)).to.include({ outcome: 'waiting' });
      expect(await world.standing()).to.deep.equal({ 'web-green': 'acme/web:2', web: 'acme/web:2 live' });
    });
  });

  describe('blue-green: a process that is killed', () => {
    type Outcome = ActionResult['outcome'];
    interface Scenario {
      readonly what: string;
      readonly tag: string;
      readonly config: object;
      /** What is decided once it waits. */
      readonly decision?: Decision['name'];
      readonly outcome: Outcome;
      readonly end: Record<string, string>;
    }
    const after = { 'web-green': 'acme/web:2 live' };
    const scenarios: readonly Scenario[] = [
      { what: 'an update', tag: '2', config: {}, outcome: 'succeeded', end: after },
      { what: 'a failed one', tag: '2-bad', config: {}, outcome: 'rolledBack', end: untouched },
      { what: 'a promotion', tag: '2', config: { promote: 'manual' }, decision: 'promote', outcome: 'succeeded', end: after },
      { what: 'an abort', tag: '2', config: { promote: 'manual' }, decision: 'abort', outcome: 'cancelled', end: untouched },
      { what: 'a way back', tag: '2', config: { keepOldSeconds: 600 }, decision: 'abort', outcome: 'rolledBack', end: untouched },
      {
        what: 'an end of its own',
        tag: '2',
        config: { keepOldSeconds: 600 },
        decision: 'supersede',
        outcome: 'succeeded',
        end: after,
      },
    ];
    for (const { what, tag, config, decision, outcome, end } of scenarios) {
      for (const moment of ['before', 'after'] as const) {
        it(`${moment} any write of ${what} leaves what the next one ends`, async function () {
          this.timeout(300_000);
          for (let at = 1; ; at += 1) {
            const world = await setUp({ replicas: 1 });
            const cut = new WriteCut(at, moment);
            const first = world.push({ tag }, config, { wrap: cut.wrap });
            const action = await plannedBy(first);
            let decided = false;
            let step: string | undefined;
            const beforeWrite = async (next: string): Promise<void> => void (step = next);
            const attempt = async (resumed: boolean): Promise<ActionResult | ActionPause | undefined> => {
              const push = cut.reached ? world.push({ tag }, config) : first;
              const result = await resume(push, action, decided ? decision : undefined, {
                resumed,
                beforeWrite,
                ...(step !== undefined && { step }),
              }).catch((thrown: unknown) => {
                if (thrown !== WriteCut.killed) throw thrown;
                return undefined;
              });
              if (result?.outcome === 'waiting') decided = true;
              return result;
            };
            let result = await attempt(false);
            for (let rounds = 0; (result === undefined || result.outcome === 'waiting') && rounds < 5; rounds += 1)
              result = await attempt(true);
            expect(result, `cut ${moment} write ${at}`).to.include({ outcome });
            expect(await world.standing(), `cut ${moment} write ${at}`).to.deep.equal(end);
            const [left] = Object.keys(end);
            expect((await world.deployment(left ?? ''))?.metadata?.annotations ?? {}).not.to.have.property(
              'webhook-service/kept',
            );
            if (!cut.reached) break;
          }
        });
      }
    }
  });
}
