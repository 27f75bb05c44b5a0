import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { at, type Call, callerOf, idsIn, startSample } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: collections', () => {
  let emulator: RancherEmulator;
  let call: Call;
  const objects = '/v2-beta/projects/1a5/genericobjects';
  before(async () => {
    emulator = await startSample();
    call = callerOf(emulator.url);
    for (const [name, key, kind] of [
      ['alpha', 'KeyOne', 'webhookReceiver'],
      ['beta', 'KeyTwo', 'webhookReceiver'],
      ['gamma', 'other_1', 'note'],
      ['gone', 'KeyGone', 'webhookReceiver'],
    ]) {
      await call('POST', objects, { name, key, kind });
    }
    await call('DELETE', `${objects}/1go4`);
  });
  after(() => emulator.stop());

  const cases: [string, string[]][] = [
    ['', ['1go1', '1go2', '1go3']],
    ['?key=KeyOne', ['1go1']],
    ['?key=keyone', ['1go1']],
    ['?name=ALPHA', ['1go1']],
    ['?key=', []],
    ['?kind=webhookReceiver', ['1go1', '1go2']],
    ['?kind_ne=webhookReceiver', ['1go3']],
    ['?key_prefix=key', ['1go1', '1go2']],
    ['?key_like=%25two', ['1go2']],
    ['?key_notlike=key%25', ['1go3']],
    ['?name_ne=alpha&name_ne=beta', ['1go3']],
    ['?description_null=1', ['1go1', '1go2', '1go3']],
    ['?description_notnull', []],
    ['?removed_null=%3Cnil%3E', ['1go1', '1go2', '1go3']],
    ['?removed_notnull=1', ['1go4']],
    ['?resourceData=x', ['1go1', '1go2', '1go3']],
    ['?nonsense=1&system=false', ['1go1', '1go2', '1go3']],
    ['?id=1go2', ['1go2']],
    ['?accountId=1a5&kind=note', ['1go3']],
    ['?state=active&sort=name&order=desc', ['1go3', '1go2', '1go1']],
    ['?sort=kind', ['1go3', '1go1', '1go2']],
    ['?created_gt=2000-01-01T00:00:00Z', ['1go1', '1go2', '1go3']],
    ['?created_lt=2000-01-01T00:00:00Z', []],
    ['?limit=-1', ['1go1', '1go2', '1go3']],
    ['?limit=2', ['1go1', '1go2']],
    ['?limit=2&marker=m2', ['1go3']],
    ['?__proto__=1&constructor_eq=2', ['1go1', '1go2', '1go3']],
  ];
  for (const [query, expected] of cases) {
    it(`answers ${query || 'no query'}`, async () => {
      const answer = await call('GET', objects + query);
      expect(answer.status).to.equal(200);
      expect(idsIn(answer)).to.deep.equal(expected);
    });
  }

  it('leads from page to page', async () => {
    const first = await call('GET', `${objects}?limit=1&kind=webhookReceiver`);
    expect(first.body['pagination']).to.include({ limit: 1, partial: true, total: null });
    const second = await call('GET', String(at(first.body, 'pagination', 'next')));
    expect(idsIn(second)).to.deep.equal(['1go2']);
    expect(second.body['pagination']).to.include({ next: null, partial: false });
  });

  it('has the parts that clients read', async () => {
    const { body } = await call('GET', '/v2-beta/projects/1a5/Services?name=web');
    expect(body).to.include({ type: 'collection', resourceType: 'service', sort: null });
    expect(at(body, 'links', 'self')).to.equal(`${emulator.url}/v2-beta/projects/1a5/services`);
    expect(body['pagination']).to.deep.equal({ first: null, previous: null, next: null, limit: 100, total: 1, partial: false });
    expect(at(body, 'filters', 'name')).to.deep.equal([{ modifier: 'eq', value: 'web' }]);
    expect(at(body, 'createTypes', 'service')).to.equal(`${emulator.url}/v2-beta/projects/1a5/services`);
  });

  it('lists all kinds of services together and each by its own name', async () => {
    const all = await call('GET', '/v2-beta/projects/1a5/services?limit=-2');
    expect(idsIn(all)).to.deep.equal(['1s1', '1s2', '1s3', '1s4', '1s5']);
    expect(at(all.body, 'data', 2, 'links', 'self')).to.equal(`${emulator.url}/v2-beta/projects/1a5/loadbalancerservices/1s3`);
    expect(idsIn(await call('GET', '/v2-beta/projects/1a5/loadbalancerservices'))).to.deep.equal(['1s3']);
    expect(idsIn(await call('GET', '/v2-beta/projects/1a5/dnsservices'))).to.deep.equal(['1s4']);
    expect((await call('GET', '/v2-beta/projects/1a5/services/1s3')).body).to.include({
      type: 'loadBalancerService',
      baseType: 'service',
    });
    expect((await call('GET', '/v2-beta/projects/1a5/dnsservices/1s3')).status).to.equal(404);
  });

  it('follows links and includes what they lead to', async () => {
    const service = await call('GET', '/v2-beta/projects/1a5/services/1s1');
    const instances = await call('GET', String(at(service.body, 'links', 'instances')));
    expect(idsIn(instances)).to.deep.equal(service.body['instanceIds']).and.to.have.length(2);
    expect((await call('GET', String(at(service.body, 'links', 'stack')))).body['id']).to.equal('1st1');
    const included = await call('GET', '/v2-beta/projects/1a5/services?name=web&include=instances');
    expect(at(included.body, 'data', 0, 'instances', 0, 'type')).to.equal('container');
    expect((await call('GET', '/v2-beta/projects/1a5/services/1s1/nothing')).status).to.equal(404);
    expect((await call('GET', '/v2-beta/projects/1a5/services/demo/web')).status).to.equal(404);
    expect((await call('GET', '/v2-beta/projects/1a5/services/web')).status).to.equal(404);
  });

  it('sorts hosts as scaleHost asks for them', async () => {
    const hosts = await call('GET', '/v2-beta/projects/1a5/hosts?order=desc&sort=created');
    expect(idsIn(hosts)).to.deep.equal(['1h3', '1h2', '1h1']);
  });

  it('answers settings by name', async () => {
    const { body } = await call('GET', '/v2-beta/projects/1a5/settings/rancher.server.version');
    expect(body).to.include({ id: 'rancher.server.version', type: 'setting', value: 'v1.6.30' });
  });
});
