import { expect } from 'chai';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { away, execute, image, inState, succeeded, tick, underWay } from './run-upgrade.ts';

const refused = new RancherError('answer', 'Bad response statusCode [422]', { status: 422 });
const stuck = (resource: RancherResource): RancherResource => (resource.state === 'upgrading' ? resource : tick(resource));

describe('serviceUpgrade, races', () => {
  it('takes over an upgrade that began between its look and its call', async () => {
    let late = false;
    const { result, writes } = await execute({
      fault: ({ on }) => {
        if (!on.endsWith('?upgrade')) return undefined;
        late = true;
        return refused;
      },
      tick: (now) => (late && now['upgrade'] === undefined ? underWay('upgrading', image) : tick(now)),
    });
    expect(result).to.deep.equal(succeeded);
    expect(writes).to.deep.equal(['upgrade', 'finishupgrade']);
  });

  it('asks for a rollback again where the call did not arrive', async () => {
    let faults = 0;
    const { result, writes } = await execute({
      tick: stuck,
      config: { onFailure: 'rollback', finishTimeoutSeconds: 60 },
      fault: ({ on }) => (on.endsWith('?rollback') && faults++ < 2 ? away : undefined),
    });
    expect(result.outcome).to.equal('rolledBack');
    expect(writes).to.deep.equal(['upgrade', 'rollback', 'rollback', 'rollback']);
  });

  it('does not claim a rollback that someone else prevented', async () => {
    let faults = 0;
    const { result } = await execute({
      tick: (now) => (faults > 0 && now.state === 'upgrading' ? inState(now, 'active') : stuck(now)),
      config: { onFailure: 'rollback', finishTimeoutSeconds: 60 },
      fault: ({ on }) => (on.endsWith('?rollback') && faults++ < 1 ? away : undefined),
    });
    expect(result).to.deep.equal({
      outcome: 'failed',
      message: 'still in state upgrading after 60 s; not rolled back, someone else finished the upgrade',
    });
  });

  it('ends after a day, whatever it waits for', async () => {
    const own = await execute({ tick: stuck });
    expect(own.result).to.deep.equal({ outcome: 'failed', message: 'still in state upgrading after 86400 s' });
    const other = await execute({ tick: stuck, resources: [underWay('upgrading', 'acme/web:0')] });
    expect(other.result.message).to.equal('an earlier upgrade has not ended: still in state upgrading after 86400 s');
    expect(other.writes).to.deep.equal([]);
  });

  it('is content with an upgrade that someone else has done since', async () => {
    const { result, writes } = await execute({ resources: [underWay('active', image)] });
    expect(result).to.deep.equal(succeeded);
    expect(writes).to.deep.equal([]);
  });
});
