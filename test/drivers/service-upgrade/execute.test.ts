import { expect } from 'chai';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { act, away, execute, image, inState, pulled, service, succeeded, tick, underWay } from './run-upgrade.ts';

describe('serviceUpgrade, execute', () => {
  it('upgrades, waits and finishes, as on record', async () => {
    const { result, rancher, progress, steps } = await execute({});
    expect(result).to.deep.equal(succeeded);
    expect(rancher.writes).to.deep.equal([
      [
        'action service/1s1?upgrade',
        {
          inServiceStrategy: {
            batchSize: 1,
            intervalMillis: 2000,
            launchConfig: { imageUuid: `docker:${image}`, labels: { app: 'web', tier: 'front', [pulled]: 'always' } },
          },
        },
      ],
      ['action service/1s1?finishupgrade', undefined],
    ]);
    expect(progress).to.deep.equal([`upgrading to ${image}`, 'finishing the upgrade']);
    expect(steps).to.deep.equal(['upgrade', 'finish the upgrade']);
  });

  it('changes nothing in a launch config but the image and the pull label, and lists only the sidekicks it is about', async () => {
    const odd = { startOnCreate: false, memory: 0, ports: [], unknown: { deep: null } };
    const resources = [
      service({
        launchConfig: { ...odd, labels: null },
        secondaryLaunchConfigs: [
          { name: 'sk1', ...odd },
          { name: 'sk2', imageUuid: 'docker:x' },
        ],
      }),
    ];
    const { rancher } = await execute({ resources, config: { startFirst: true }, input: { sidekicks: ['sk1'] } });
    const changed = { ...odd, imageUuid: `docker:${image}`, labels: { [pulled]: 'always' } };
    expect(rancher.writes[0]?.[1]).to.deep.equal({
      inServiceStrategy: {
        batchSize: 1,
        intervalMillis: 2000,
        launchConfig: changed,
        secondaryLaunchConfigs: [{ name: 'sk1', ...changed }],
        startFirst: true,
      },
    });
  });

  it('lists no launch config for a sidekick alone', async () => {
    const resources = [service({ secondaryLaunchConfigs: [{ name: 'sk1', labels: { app: 'web' } }] })];
    const { rancher, result } = await execute({ resources, input: { primary: false, sidekicks: ['sk1'] } });
    expect(result.outcome).to.equal('succeeded');
    expect(rancher.writes[0]?.[1]).to.deep.equal({
      inServiceStrategy: {
        batchSize: 1,
        intervalMillis: 2000,
        secondaryLaunchConfigs: [{ name: 'sk1', imageUuid: `docker:${image}`, labels: { app: 'web', [pulled]: 'always' } }],
      },
    });
  });

  it('upgrades again to an image that runs already, since its tag may have moved', async () => {
    const planned = { ...underWay('active', image), upgrade: null };
    const { writes } = await execute({ resources: [planned], planned });
    expect(writes).to.deep.equal(['upgrade', 'finishupgrade']);
  });

  it('waits as long as it takes, at most five seconds between two looks', async () => {
    const { result, clock } = await execute({
      tick: (resource, reads) => (resource.state === 'upgrading' && reads < 1000 ? resource : tick(resource)),
    });
    expect(result).to.deep.equal(succeeded);
    expect(clock.time).to.be.greaterThan(3600_000);
    expect(clock.waits.slice(0, 6)).to.deep.equal([250, 500, 1000, 2000, 4000, 5000]);
    expect(Math.max(...clock.waits)).to.equal(5000);
  });

  it('finishes an upgrade that another image began, and then upgrades', async () => {
    for (const state of ['upgrading', 'upgraded']) {
      const { writes, result } = await execute({ resources: [underWay(state, 'acme/web:0')] });
      expect(writes).to.deep.equal(['finishupgrade', 'upgrade', 'finishupgrade']);
      expect(result).to.deep.equal(succeeded);
    }
  });

  it('takes over an upgrade to the same image that began since it was planned', async () => {
    for (const state of ['upgrading', 'upgraded']) {
      const { writes, result } = await execute({ resources: [underWay(state, image)] });
      expect(writes).to.deep.equal(['finishupgrade']);
      expect(result).to.deep.equal(succeeded);
    }
  });

  it('does not take over one that began before, since its tag may have moved', async () => {
    for (const state of ['upgrading', 'upgraded']) {
      const planned = underWay(state, image);
      const { writes, result } = await execute({ resources: [planned], planned, context: { resumed: true } });
      expect(writes).to.deep.equal(['finishupgrade', 'upgrade', 'finishupgrade']);
      expect(result).to.deep.equal(succeeded);
    }
  });

  it('waits for a rollback that is under way', async () => {
    const { writes } = await execute({ resources: [inState(service(), 'rolling-back')] });
    expect(writes).to.deep.equal(['upgrade', 'finishupgrade']);
  });

  it('fails where Rancher offers no upgrade', async () => {
    const { result, writes } = await execute({ resources: [inState(service(), 'canceled-upgrade')] });
    expect(result).to.deep.equal({ outcome: 'failed', message: 'Rancher offers no upgrade in state canceled-upgrade' });
    expect(writes).to.deep.equal([]);
  });

  it('fails where the service or its launch configs are gone', async () => {
    expect((await execute({ resources: [] })).result.message).to.equal('the service was removed');
    expect((await execute({ resources: [service({ removed: '2017' })] })).result.message).to.equal('the service was removed');
    const { result, writes } = await execute({ resources: [service({ launchConfig: null })] });
    expect(result.message).to.equal('the launch configs to upgrade are gone');
    expect(writes).to.deep.equal([]);
  });

  it('fails where the service is removed meanwhile', async () => {
    const { result } = await execute({ act: (resource) => ({ ...resource, removed: '2017' }) });
    expect(result).to.deep.equal({ outcome: 'failed', message: 'the service was removed' });
  });

  it('bears an error for a while: Rancher tries again', async () => {
    const error = { transitioning: 'error', transitioningMessage: 'image not found' } as const;
    const recovers = await execute({
      tick: (resource, reads) => (resource.state === 'upgrading' && reads < 10 ? { ...resource, ...error } : tick(resource)),
    });
    expect(recovers.result).to.deep.equal(succeeded);
    const stays = await execute({ tick: (resource) => (resource.state === 'upgrading' ? { ...resource, ...error } : resource) });
    expect(stays.result).to.deep.equal({ outcome: 'failed', message: 'image not found' });
    expect(stays.writes).to.deep.equal(['upgrade']);
  });

  it('rolls a failed upgrade back if asked to', async () => {
    const stuck = (resource: RancherResource): RancherResource => (resource.state === 'upgrading' ? resource : tick(resource));
    const { result, writes, clock } = await execute({ tick: stuck, config: { onFailure: 'rollback', finishTimeoutSeconds: 60 } });
    expect(result).to.deep.equal({ outcome: 'rolledBack', message: 'still in state upgrading after 60 s' });
    expect(writes).to.deep.equal(['upgrade', 'rollback']);
    expect(clock.time).to.be.lessThan(70_000);
  });

  it('tells both where the rollback fails too', async () => {
    const { result } = await execute({
      tick: (resource) => resource,
      config: { onFailure: 'rollback', finishTimeoutSeconds: 1 },
      fault: ({ on }) => (on.endsWith('?rollback') ? away : undefined),
    });
    expect(result).to.deep.equal({
      outcome: 'failed',
      message: 'still in state upgrading after 1 s; the rollback failed too: ECONNREFUSED',
    });
  });

  for (const call of ['?upgrade', '?finishupgrade', '?rollback']) {
    it(`leaves the waiting to others where the answer to ${call} asks for time`, async () => {
      const throttled = new RancherError('answer', 'not now', { status: 429, retryAfterSeconds: 60 });
      const isRollback = call === '?rollback';
      const run = (): Promise<unknown> =>
        execute({
          ...(isRollback && { tick: (resource) => resource, config: { onFailure: 'rollback', finishTimeoutSeconds: 1 } }),
          fault: ({ on }) => (on.endsWith(call) ? throttled : undefined),
        });
      const error = await refusal(run, 500, 'Error not now in upgrading service 1s1');
      expect(error).to.include({ retryable: true, retryAfterSeconds: 60 });
    });
  }

  it('lives through a Rancher that is away for a moment', async () => {
    const { result } = await execute({ fault: ({ verb }, index) => (verb === 'reload' && index < 20 ? away : undefined) });
    expect(result).to.deep.equal(succeeded);
  });

  it('gives up on a Rancher that stays away', async () => {
    await refusal(
      () => execute({ fault: ({ verb }, index) => (verb === 'reload' && index > 3 ? away : undefined) }),
      500,
      'Error ECONNREFUSED in upgrading service 1s1',
    );
  });

  it('looks before it posts again where it is not known whether the upgrade arrived', async () => {
    const arrived = await execute({
      fault: ({ on }) => {
        if (!on.endsWith('?upgrade')) return undefined;
        return away;
      },
      tick: (resource, reads) => (reads === 1 ? underWay('upgrading', image) : tick(resource)),
    });
    expect(arrived.writes).to.deep.equal(['upgrade', 'finishupgrade']);
    let faults = 0;
    const lost = await execute({ fault: ({ on }) => (on.endsWith('?upgrade') && faults++ < 2 ? away : undefined) });
    expect(lost.writes).to.deep.equal(['upgrade', 'upgrade', 'upgrade', 'finishupgrade']);
  });

  it('does not post an upgrade again that Rancher refuses', async () => {
    const error = new RancherError('answer', 'Bad response statusCode [422]', { status: 422 });
    await refusal(
      () => execute({ fault: ({ on }) => (on.endsWith('?upgrade') ? error : undefined) }),
      500,
      'Error Bad response statusCode [422] in upgrading service 1s1',
    );
  });

  it('finishes again where that did not arrive', async () => {
    let faults = 0;
    const { result, writes } = await execute({
      fault: ({ on }) => (on.endsWith('?finishupgrade') && faults++ < 2 ? away : undefined),
    });
    expect(result).to.deep.equal(succeeded);
    expect(writes).to.deep.equal(['upgrade', 'finishupgrade', 'finishupgrade', 'finishupgrade']);
  });

  it('is content where someone else finishes the upgrade', async () => {
    const { result, writes } = await execute({
      tick: (resource) => (resource.state === 'upgrading' ? inState(resource, 'active') : resource),
    });
    expect(result).to.deep.equal(succeeded);
    expect(writes).to.deep.equal(['upgrade']);
  });

  it('leaves a service alone that someone else rolled back, upgraded or cancelled', async () => {
    const rolledBack = await execute({
      tick: (now) => (now.state === 'upgrading' ? inState(service(), 'rolling-back') : tick(now)),
    });
    expect(rolledBack.result.outcome).to.equal('superseded');
    const other = await execute({ tick: (now) => (now.state === 'upgrading' ? underWay('upgraded', 'acme/web:2') : now) });
    expect(other.result.outcome).to.equal('superseded');
    const cancelled = await execute({ tick: (now) => (now.state === 'upgrading' ? inState(now, 'canceled-upgrade') : now) });
    expect(cancelled.result).to.deep.equal({ outcome: 'failed', message: 'the upgrade was cancelled in Rancher' });
    for (const { writes } of [rolledBack, other, cancelled]) expect(writes).to.deep.equal(['upgrade']);
  });

  it('does not take the state from before the upgrade for its end', async () => {
    const { result, writes } = await execute({
      tick: (now, reads) => {
        if (now.state !== 'upgrading') return tick(now);
        return reads < 3 ? now : inState(now, 'upgraded');
      },
      act: (resource, name, body) =>
        name === 'upgrade' ? { ...act(resource, name, body), transitioning: 'yes' } : act(resource, name, body),
    });
    expect(result).to.deep.equal(succeeded);
    expect(writes).to.deep.equal(['upgrade', 'finishupgrade']);
    let looks = 0;
    const late = await execute({
      act: (resource, name, body) =>
        name === 'upgrade' ? { ...act(resource, name, body), state: 'active' } : act(resource, name, body),
      tick: (now) => {
        if (now.state === 'active' && now['upgrade'] && looks++ === 3) return inState(now, 'upgraded');
        return tick(now);
      },
    });
    expect(late.writes).to.deep.equal(['upgrade', 'finishupgrade']);
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const reason = new Error('stopping');
    let message = '';
    try {
      await execute({
        signal: stop.signal,
        tick: (now, reads) => {
          if (reads === 5) stop.abort(reason);
          return now;
        },
      });
    } catch (thrown) {
      message = thrown instanceof Error ? thrown.message : '';
    }
    expect(message).to.equal('stopping');
  });
});
