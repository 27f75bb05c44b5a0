import { expect } from 'chai';
import { scaleHost } from '../../../src/drivers/scale-host/index.ts';
import type { DriverConfig } from '../../../src/framework/driver.ts';
import type { RancherResource } from '../../../src/rancher/rancher.ts';
import { FakeRancher } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { deliveryRequest, runDriver } from '../../support/run-driver.ts';
import { down, host, recorded, templateDown, templateUp, up } from './recorded-hosts.ts';

const validation: readonly (readonly [config: DriverConfig, text: string])[] = [
  [{}, 'Scale action not provided'],
  [{ ...up, action: 'x', amount: 0 }, 'Invalid action x'],
  [{ ...up, amount: 0, hostSelector: {} }, 'Invalid amount: 0'],
  [{ action: 'up', amount: 1, min: 0 }, 'HostSelector not provided'],
  [{ ...up, hostSelector: {} }, 'HostSelector not provided'],
  [{ ...up, min: 0, max: 0 }, 'Minimum scale not provided/invalid'],
  [{ ...up, max: 0 }, 'Maximum scale not provided/invalid'],
  [{ ...up, min: 9 }, 'Max must be greater than min'],
  [{ ...up, deleteOption: 'mostRecent' }, 'Delete option not to be provided while scaling up'],
  [{ ...down, deleteOption: '' }, 'Invalid delete option/Delete option missing '],
  [{ ...down, deleteOption: 'oldest' }, 'Invalid delete option/Delete option missing oldest'],
  [{ ...templateUp, hostTemplateId: '1ht9', min: 9 }, 'hostTemplate does not exist'],
  [{ ...templateUp, hostTemplateId: '1ht2' }, 'hostTemplate does not exist'],
  [{ ...templateUp, min: 9 }, 'Max must be greater than min'],
  [{ ...templateUp, deleteOption: 'mostRecent' }, 'Delete option not to be provided while scaling up'],
  [{ ...templateUp, action: 'down' }, 'Invalid delete option/Delete option missing '],
];

const execution: readonly (readonly [config: DriverConfig, text: string])[] = [
  [{ ...up, hostSelector: {} }, 'HostSelector not provided'],
  [{ ...up, hostSelector: { pool: 'zzz' } }, 'No host with label map[pool:zzz] exists'],
  [{ ...up, hostSelector: { pool: 'a', b: 'c' } }, 'No host with label map[b:c pool:a] exists'],
  [{ ...up, hostSelector: { pool: 'c' } }, 'Cannot use custom hosts for scaling up'],
  [{ ...up, max: 3 }, 'Cannot scale above provided max scale value'],
  [{ ...down, amount: 3 }, 'Cannot scale below provided min scale value'],
  [{ ...templateUp, max: 3 }, 'Cannot scale above provided max scale value'],
  [{ ...templateDown, amount: 3 }, 'Cannot scale below provided min scale value'],
  [{ ...templateUp, hostTemplateId: '1ht2' }, 'hostTemplate does not exist'],
];

function evacuate(hostId: string): [string, unknown] {
  return ['create externalHostEvent', { deleteHost: true, eventType: 'host.evacuate', hostId }];
}

/** The hosts that are removed, or the names of those that are added. */
async function outcome(resources: readonly RancherResource[], config: DriverConfig): Promise<unknown[]> {
  const rancher = new FakeRancher({ resources });
  await runDriver(scaleHost({ rancher }), config);
  return rancher.writes.map(([, body]) => {
    const { hostId, hostname } = body as Record<string, unknown>;
    return hostId ?? hostname;
  });
}

describe('scaleHost', () => {
  for (const [config, text] of validation) {
    it(`does not validate ${JSON.stringify(config)}: ${text}`, async () => {
      await refusal(() => scaleHost({ rancher: new FakeRancher({ resources: recorded }) }).validate(config, '1a5'), 400, text);
    });
  }

  for (const config of [up, down, templateUp, templateDown]) {
    it(`validates ${JSON.stringify(config)}`, async () => {
      await scaleHost({ rancher: new FakeRancher({ resources: recorded }) }).validate(config, '1a5');
    });
  }

  for (const [config, text] of execution) {
    it(`does not execute ${JSON.stringify(config)}: ${text}`, async () => {
      const rancher = new FakeRancher({ resources: recorded });
      await refusal(() => runDriver(scaleHost({ rancher }), config), 400, text);
      expect(rancher.writes).to.deep.equal([]);
    });
  }

  it('says that there are no hosts at all', async () => {
    await refusal(() => runDriver(scaleHost({ rancher: new FakeRancher() }), up), 400, 'No hosts for scaling found');
  });

  it('clones the oldest machine host as the Go service did on record', async () => {
    const rancher = new FakeRancher({ resources: recorded });
    const { plan } = await runDriver(scaleHost({ rancher }), { ...up, amount: 2 });
    expect(plan.actions.map(({ target }) => target)).to.deep.equal(['rancher/1a5/hosts/pool=a']);
    expect(rancher.writes).to.deep.equal(
      ['base4', 'base5'].map((hostname) => ['create host', { ...recorded[0], name: '', hostname }]),
    );
  });

  it('makes hosts from a template as the Go service 0.10.0 did on record', async () => {
    const rancher = new FakeRancher({ resources: recorded });
    await runDriver(scaleHost({ rancher }), { ...templateUp, amount: 2 });
    expect(rancher.writes).to.deep.equal(
      ['base4', 'base5'].map((hostname) => ['create host', { hostTemplateId: '1ht1', hostname }]),
    );
  });

  it('makes the first host of a template, though there is none yet', async () => {
    expect(await outcome([{ id: '1ht1', type: 'hostTemplate' }], templateUp)).to.deep.equal(['scaledhost1']);
  });

  it('removes a host that does not work first, as on record', async () => {
    const rancher = new FakeRancher({ resources: recorded });
    await runDriver(scaleHost({ rancher }), down);
    expect(rancher.writes).to.deep.equal([evacuate('1h4')]);
  });

  it('clones a machine host even where a custom one is older', async () => {
    const hosts = [host('old', 1, { driver: '' }), host('web1', 2), host('web2', 3)];
    const rancher = new FakeRancher({ resources: hosts });
    await runDriver(scaleHost({ rancher }), up);
    expect(rancher.writes[0]?.[1]).to.include({ id: 'web1', hostname: 'web3' });
  });

  it('clones in the project to which the host belongs', async () => {
    const rancher = new FakeRancher({ resources: [host('web1', 1, { accountId: '1a7' })] });
    await runDriver(scaleHost({ rancher }), up);
    expect(rancher.calls.filter(({ projectId }) => projectId === '1a7').map(({ verb }) => verb)).to.deep.equal(['get', 'create']);
  });

  it('sorts by age itself', async () => {
    const hosts = [host('b', 2), host('d', 4), host('a', 1), host('c', 3)];
    expect(await outcome(hosts, { ...down, amount: 2 })).to.deep.equal(['d', 'c']);
    expect(await outcome(hosts, { ...down, amount: 2, deleteOption: 'leastRecent' })).to.deep.equal(['a', 'b']);
  });

  it('never removes more hosts than it should, however many do not work', async () => {
    const hosts = ['inactive', 'deactivating', 'reconnecting', 'disconnected', 'active'].map((state, index) =>
      host(state, index + 1, { state }),
    );
    expect(await outcome(hosts, down)).to.deep.equal(['disconnected']);
    expect(await outcome(hosts, { ...down, amount: 4, deleteOption: 'leastRecent' })).to.deep.equal([
      'inactive',
      'deactivating',
      'reconnecting',
      'disconnected',
    ]);
  });

  it('does not count hosts in error or on their way out', async () => {
    const hosts = [host('web1', 1), host('web2', 2, { state: 'removing' }), host('web3', 3, { state: 'error' })];
    const { plan } = await runDriver(scaleHost({ rancher: new FakeRancher({ resources: hosts }) }), { ...up, max: 2 });
    expect(plan.actions[0]?.input['hostnames']).to.deep.equal(['web4']);
    await refusal(
      () => runDriver(scaleHost({ rancher: new FakeRancher({ resources: hosts }) }), down),
      400,
      'Cannot scale below provided min scale value',
    );
  });

  it('wants every pair of the selector, in any case', async () => {
    const hosts = [host('web1', 1, { labels: { POOL: 'A', Zone: 'b' } }), host('web2', 2), host('web3', 3)];
    const config = { ...up, hostSelector: { pool: 'a', zone: 'B' }, max: 2 };
    expect(await outcome(hosts, config)).to.deep.equal(['web4']);
  });

  it('is not upset by labels that are no strings', async () => {
    const odd = [null, [], 'text', { pool: 7 }, { pool: null }, { pool: { toString: 1, valueOf: 1 } }, {}];
    const hosts = [host('web1', 1), ...odd.map((labels, index) => host(`odd${index}`, 2, { labels }))];
    expect(await outcome(hosts, { ...up, max: 2 })).to.deep.equal(['web2']);
  });

  it('takes a null in the selector for an empty text', async () => {
    const hosts = [host('web1', 1, { labels: { pool: '' } }), host('web5', 2)];
    expect(await outcome(hosts, { ...up, hostSelector: { pool: null } })).to.deep.equal(['web2']);
  });

  it('does only what is left where an action was interrupted', async () => {
    const rancher = new FakeRancher({ resources: recorded });
    const driver = scaleHost({ rancher });
    const delivery = { id: 'd', projectId: '1a5', receiver: { id: 'r', name: 'r' }, request: deliveryRequest(), events: [] };
    const context = {
      config: up,
      delivery,
      signal: new AbortController().signal,
      progress() {},
      beforeWrite: async () => undefined,
      following() {},
    };
    const { actions } = await driver.plan(delivery, { ...up, amount: 2 }, context.signal);
    rancher.resources.set('1h9', host('1h9', 9, { hostname: 'base4' }));
    for (const action of actions) await driver.execute(action, context);
    expect(rancher.writes.map(([, body]) => (body as RancherResource)['hostname'])).to.deep.equal(['base5']);
    await driver.execute(
      { target: '', description: '', input: { kind: 'delete', byTemplate: false, hostIds: ['1h77', '1h2'] } },
      context,
    );
    expect(rancher.writes.at(-1)).to.deep.equal(evacuate('1h2'));
    expect(rancher.writes).to.have.lengthOf(2);
    rancher.resources.set('1h2', host('1h2', 2, { state: 'removing' }));
    await driver.execute(
      { target: '', description: '', input: { kind: 'delete', byTemplate: false, hostIds: ['1h2'] } },
      context,
    );
    expect(rancher.writes, 'it is on its way out already').to.have.lengthOf(2);
  });

  it('keeps all groups of a project apart, for their names', () => {
    expect(scaleHost({ rancher: new FakeRancher() }).exclusive?.(up, '1a5')).to.equal('rancher/1a5/hosts');
  });

  it('ignores a resolved alert if only firing ones count', () => {
    const driver = scaleHost({ rancher: new FakeRancher() });
    const resolved = deliveryRequest({ version: '4', status: 'resolved' });
    expect(driver.accept(resolved, { ...up, onlyFiring: true }).kind).to.equal('ignored');
    expect(driver.accept(resolved, up).kind).to.equal('accepted');
  });
});
