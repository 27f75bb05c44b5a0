import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { textOf } from '../../../src/emulators/shared/json-value.ts';
import { at, type Call, callerOf, idsIn, startSample } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: create, update, remove', () => {
  let emulator: RancherEmulator;
  let call: Call;
  const project = '/v2-beta/projects/1a5';
  beforeEach(async () => {
    emulator = await startSample();
    call = callerOf(emulator.url);
  });
  afterEach(() => emulator.stop());

  it('shows a resource in the order and with the nulls of Cattle', async () => {
    const { status, body, headers } = await call('POST', `${project}/genericobjects`, {
      links: null,
      actions: null,
      id: '1go77',
      state: 'evil',
      accountId: '1a7',
      name: 'wh1',
      key: 'k',
      kind: 'webhookReceiver',
      resourceData: { driver: 'scaleService', config: { a: 1 } },
      unknown: 1,
    });
    expect(status).to.equal(201);
    expect(headers.get('content-type')).to.equal('application/json; charset=utf-8');
    expect(Object.keys(body).slice(0, 7)).to.deep.equal(['id', 'type', 'links', 'actions', 'baseType', 'name', 'state']);
    const rest = Object.keys(body).slice(7);
    expect(rest).to.deep.equal(rest.toSorted());
    expect(body).to.include({
      id: '1go1',
      type: 'genericObject',
      accountId: '1a5',
      key: 'k',
      state: 'active',
      transitioning: 'no',
    });
    expect(body).to.include({ description: null, removed: null, transitioningMessage: null });
    expect(body).to.not.have.property('unknown');
    expect(body['created']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body['createdTS']).to.be.a('number');
    expect(at(body, 'actions', 'remove')).to.equal(`${emulator.url}${project}/genericobjects/1go1/?action=remove`);
  });

  it('takes two generic objects with one name and key, and updates only what may be', async () => {
    for (const id of ['1go1', '1go2']) {
      const { body } = await call('POST', `${project}/genericobjects`, { name: 'same', key: 'same', kind: 'k' });
      expect(body['id']).to.equal(id);
    }
    const changed = await call('PUT', `${project}/genericobjects/1go1`, {
      resourceData: { x: 1 },
      key: 'new',
      name: 'new',
      kind: 'new',
    });
    expect(changed.status).to.equal(200);
    expect(changed.body).to.deep.include({ key: 'same', name: 'same', kind: 'k', resourceData: { x: 1 } });
  });

  it('removes, keeps for GET by id, and refuses a second time', async () => {
    await call('POST', `${project}/genericobjects`, { name: 'x' });
    const removed = await call('DELETE', `${project}/genericobjects/1go1`);
    expect(removed.status).to.equal(200);
    expect(idsIn(await call('GET', `${project}/genericobjects`))).to.deep.equal([]);
    const { body } = await call('GET', `${project}/genericobjects/1go1`);
    expect(body['state']).to.equal('removed');
    expect(body['removed']).to.be.a('string');
    expect((await call('DELETE', `${project}/genericobjects/1go1`)).status).to.equal(405);
    expect((await call('PUT', `${project}/genericobjects/1go1`, { resourceData: {} })).status).to.equal(405);
  });

  const refused: [string, string, unknown, object][] = [
    [
      'a service without a name',
      'services',
      { stackId: '1st1' },
      { status: 422, code: 'MissingRequired', fieldName: 'name', message: null },
    ],
    ['a service without a stack', 'services', { name: 'x' }, { code: 'MissingRequired', fieldName: 'stackId' }],
    ['a service in no stack', 'services', { name: 'x', stackId: '1st9' }, { code: 'InvalidReference', fieldName: 'stackId' }],
    ['a service name that is taken', 'services', { name: 'WEB', stackId: '1st1' }, { code: 'NotUnique', fieldName: 'name' }],
    [
      'a service name with other characters',
      'services',
      { name: 'a_b', stackId: '1st1' },
      { code: 'InvalidCharacters', fieldName: 'name' },
    ],
    ['a service name that is too long', 'services', { name: 'a'.repeat(64), stackId: '1st1' }, { code: 'MaxLengthExceeded' }],
    ['an empty service name', 'services', { name: '', stackId: '1st1' }, { code: 'MinLengthExceeded', fieldName: 'name' }],
    ['a negative scale', 'services', { name: 'x', stackId: '1st1', scale: -1 }, { code: 'MinLimitExceeded', fieldName: 'scale' }],
    [
      'a scale that is no number',
      'services',
      { name: 'x', stackId: '1st1', scale: 'many' },
      { code: 'InvalidFormat', fieldName: 'scale' },
    ],
    [
      'a launchConfig that is a text',
      'services',
      { name: 'x', stackId: '1st1', launchConfig: 'x' },
      { code: 'InvalidFormat', fieldName: 'launchConfig' },
    ],
    ['a stack name that is taken', 'stacks', { name: 'default' }, { code: 'NotUnique', fieldName: 'name' }],
    ['a host without a driver', 'hosts', { hostname: 'x' }, { code: 'DriverConfigExactlyOneRequired' }],
    [
      'a host with two drivers',
      'hosts',
      { hostname: 'x', packetConfig: { apiKey: 'a', projectId: 'b' }, digitaloceanConfig: { accessToken: 'c' } },
      { code: 'DriverConfigExactlyOneRequired' },
    ],
    ['a host without a name', 'hosts', { hostTemplateId: '1ht1' }, { code: 'MissingRequired', fieldName: 'hostname' }],
    [
      'an event for no host',
      'externalhostevents',
      { eventType: 'host.evacuate', hostId: '1h99' },
      { code: 'InvalidReference', fieldName: 'hostId' },
    ],
    ['a pull mode that is none', 'pulltasks', { image: 'x', mode: 'some' }, { code: 'InvalidOption', fieldName: 'mode' }],
  ];
  for (const [title, collection, body, expected] of refused) {
    it(`refuses ${title}`, async () => {
      const answer = await call('POST', `${project}/${collection}`, body);
      expect(answer.status).to.equal(422);
      expect(answer.body).to.include({ type: 'error', ...expected });
    });
  }

  it('makes services with defaults and keeps labels and metadata as they are', async () => {
    const launchConfig = { imageUuid: 'docker:acme/a', labels: { 'io.rancher.service.hash': 'h', __proto__x: '1' }, nonsense: 1 };
    const { body, status } = await call('POST', `${project}/services`, {
      name: 'a',
      stackId: '1st1',
      launchConfig,
      metadata: { 'io.rancher.service.hash': 'm', deep: { list: [1, null] } },
      secondaryLaunchConfigs: [{ name: 'side', imageUuid: 'docker:acme/b' }],
    });
    expect(status).to.equal(201);
    expect(body).to.include({ scale: 1, state: 'inactive', startOnCreate: false, system: false, retainIp: null });
    expect(body['launchConfig']).to.deep.include({
      imageUuid: 'docker:acme/a',
      labels: launchConfig.labels,
      version: '0',
      vcpu: 1,
    });
    expect(body['launchConfig']).to.not.have.property('nonsense');
    expect(body['metadata']).to.deep.equal({ 'io.rancher.service.hash': 'm', deep: { list: [1, null] } });
    expect(at(body, 'secondaryLaunchConfigs', 0)).to.include({
      type: 'secondaryLaunchConfig',
      name: 'side',
      imageUuid: 'docker:acme/b',
    });
  });

  it('ignores a launchConfig in an update of a service, and scales it', async () => {
    const before = (await call('GET', `${project}/services/1s1`)).body;
    const { body } = await call('PUT', `${project}/services/1s1`, {
      ...before,
      links: null,
      actions: null,
      currentScale: 9,
      scale: 4,
      launchConfig: { imageUuid: 'docker:evil' },
    });
    expect(body).to.include({ scale: 4, currentScale: 4, state: 'active' });
    expect(body['launchConfig']).to.deep.equal(before['launchConfig']);
    expect(body['instanceIds']).to.have.length(4);
    expect((await call('PUT', `${project}/services/1s1`, { scale: 1 })).body['instanceIds']).to.have.length(1);
  });

  it('makes a host from another and from a template, and derives the driver', async () => {
    const base = (await call('GET', `${project}/hosts/1h1`)).body;
    const clone = await call('POST', `${project}/hosts`, {
      ...base,
      name: '',
      hostname: 'worker9.example.com',
      digitaloceanConfig: { accessToken: 'secret', size: '2gb' },
    });
    expect(clone.status).to.equal(201);
    expect(clone.body).to.include({ hostname: 'worker9.example.com', driver: 'digitalocean', state: 'active', id: '1h4' });
    expect(clone.body['digitaloceanConfig']).to.include({ size: '2gb', region: 'nyc3' });
    const made = await call('POST', `${project}/hosts`, { hostTemplateId: '1ht1', hostname: 'worker10' });
    expect(made.body).to.include({ driver: 'digitalocean', hostTemplateId: '1ht1', state: 'active' });
  });

  it('shows secret values of a host template once', async () => {
    const made = await call('POST', `${project}/hosttemplates`, {
      name: 't',
      driver: 'packet',
      secretValues: { packetConfig: { apiKey: 'x' } },
    });
    expect(at(made.body, 'secretValues', 'packetConfig', 'apiKey')).to.equal('x');
    expect((await call('GET', `${project}/hosttemplates/${textOf(made.body['id'])}`)).body['secretValues']).to.equal(null);
  });

  it('evacuates and deletes the host that an event names', async () => {
    const event = await call('POST', `${project}/externalhostevents`, {
      eventType: 'host.evacuate',
      hostId: '1h1',
      deleteHost: true,
    });
    expect(event.status).to.equal(201);
    expect(event.body).to.include({
      id: '1ee1',
      type: 'externalHostEvent',
      baseType: 'externalEvent',
      state: 'created',
      deleteHost: true,
    });
    expect(idsIn(await call('GET', `${project}/hosts`))).to.deep.equal(['1h2', '1h3']);
    expect((await call('GET', `${project}/services/1s1`)).body).to.include({ currentScale: 2 });
    expect((await call('GET', `${project}/hosts/1h1`)).body['state']).to.equal('removed');
  });

  it('evacuates hosts by a label and keeps them', async () => {
    await call('POST', `${project}/externalhostevents`, { eventType: 'host.evacuate', hostLabel: 'pool=workers' });
    expect((await call('GET', `${project}/hosts/1h1`)).body['state']).to.equal('inactive');
    expect((await call('GET', `${project}/hosts/1h3`)).body['state']).to.equal('active');
    await call('POST', `${project}/externalhostevents`, { eventType: 'something.else', hostId: '1h3', deleteHost: true });
    expect((await call('GET', `${project}/hosts/1h3`)).body['state']).to.equal('active');
  });

  it('sets, adds and removes service links', async () => {
    const links = async (): Promise<unknown> => (await call('GET', `${project}/services/1s1`)).body['linkedServices'];
    const set = await call('POST', `${project}/services/1s1/?action=setservicelinks`, {
      serviceLinks: [{ name: 'w', serviceId: '1s2' }, { serviceId: '1s5' }],
    });
    expect(set.status).to.equal(202);
    expect(await links()).to.deep.equal({ w: '1s2', agent: '1s5' });
    const maps = await call('GET', `${project}/serviceconsumemaps?serviceId=1s1`);
    expect(at(maps.body, 'data', 0)).to.include({
      type: 'serviceConsumeMap',
      serviceId: '1s1',
      consumedServiceId: '1s2',
      name: 'w',
    });
    await call('POST', `${project}/services/1s1/?action=removeservicelink`, { serviceLink: { name: 'w', serviceId: '1s2' } });
    await call('POST', `${project}/services/1s1/?action=addservicelink`, { serviceLink: { name: 'lb', serviceId: '1s3' } });
    expect(await links()).to.deep.equal({ agent: '1s5', lb: '1s3' });
    await call('POST', `${project}/services/1s1/?action=setservicelinks`, {});
    expect(await links()).to.deep.equal({});
  });

  it('takes a stack with everything in it', async () => {
    await call('DELETE', `${project}/stacks/1st1`);
    expect(idsIn(await call('GET', `${project}/services`))).to.deep.equal([]);
    expect(idsIn(await call('GET', `${project}/containers`))).to.deep.equal([]);
  });

  it('exports a stack, and stops and starts its services', async () => {
    const config = await call('POST', `${project}/stacks/1st1/?action=exportconfig`, { serviceIds: ['1s1'] });
    expect(config.status).to.equal(202);
    expect(config.body['type']).to.equal('composeConfig');
    expect(at(JSON.parse(textOf(config.body['dockerComposeConfig'])), 'services', 'web', 'image')).to.equal('acme/web:1.0');
    await call('POST', `${project}/stacks/1st1/?action=deactivateservices`);
    expect((await call('GET', `${project}/services/1s1`)).body['state']).to.equal('inactive');
    await call('POST', `${project}/stacks/1st1/?action=activateservices`);
    expect((await call('GET', `${project}/services/1s1`)).body).to.include({ state: 'active', currentScale: 2 });
  });

  it('survives bodies that are none of its business', async () => {
    const url = `${project}/genericobjects`;
    for (const bad of ['{', '[]', '"text"', '5', '[[[', '{"a":'.repeat(300), '{"a":1}x']) {
      const answer = await call('POST', url, bad);
      expect(answer.body, bad.slice(0, 20)).to.include({ status: 400, code: 'InvalidBodyContent' });
    }
    expect((await call('POST', url, `{"name":"${'x'.repeat(5_000_000)}"}`)).status).to.equal(413);
    const polluted = await call(
      'POST',
      url,
      '{"__proto__":{"admin":true},"name":"p","resourceData":{"__proto__":{"x":1},"constructor":1}}',
    );
    expect(polluted.status).to.equal(201);
    expect(polluted.text).to.include('"__proto__":{"x":1}');
    expect(Reflect.get({}, 'x')).to.equal(undefined);
    expect((await call('PATCH', url)).status).to.equal(405);
    expect((await call('POST', `${project}/services/1s1?action=constructor`)).body['code']).to.equal('InvalidAction');
    expect((await call('GET', `${project}/constructor`)).status).to.equal(404);
    expect((await call('GET', `${project}/%ff/%00`)).status).to.equal(404);
    expect((await call('GET', `${project}/services/1s1`)).status).to.equal(200);
  });
});
