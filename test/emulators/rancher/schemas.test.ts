import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { at, type Call, callerOf, startSample } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: versions and schemas', () => {
  let emulator: RancherEmulator;
  let call: Call;
  before(async () => {
    emulator = await startSample();
    call = callerOf(emulator.url);
  });
  after(() => emulator.stop());

  it('answers each form of RANCHER_URL with the address of the schemas', async () => {
    for (const [path, schemas] of [
      ['/', '/v2-beta/schemas'],
      ['/v1', '/v1/schemas'],
      ['/v2-beta', '/v2-beta/schemas'],
      ['/v2-beta/schemas', '/v2-beta/schemas'],
      ['/v2-beta/projects/1a5', '/v2-beta/schemas'],
      ['/v2-beta/projects/1a5/schemas', '/v2-beta/projects/1a5/schemas'],
      ['/v1/projects/1a5/schemas', '/v1/projects/1a5/schemas'],
    ] as const) {
      const answer = await call('GET', path);
      expect(answer.status, path).to.equal(200);
      expect(answer.headers.get('x-api-schemas'), path).to.equal(emulator.url + schemas);
    }
  });

  it('carries X-API-Schemas on errors too', async () => {
    for (const path of ['/v2-beta/nothing', '/v2-beta/services/1s99', '/nothing']) {
      const answer = await call('GET', path);
      expect(answer.status).to.equal(404);
      expect(answer.headers.get('x-api-schemas')).to.equal(`${emulator.url}/v2-beta/schemas`);
    }
  });

  it('has every schema that clients ask for', async () => {
    const { body } = await call('GET', '/v2-beta/projects/1a5/schemas');
    const data = body['data'];
    const ids = new Set(Array.isArray(data) ? data.map((schema) => at(schema, 'id')) : []);
    const wanted =
      'stack service serviceConsumeMap project setting container host volume secret subscribe externalService dnsService ' +
      'loadBalancerService volumeTemplate pullTask machine launchConfig instance schema genericObject hostTemplate externalHostEvent ' +
      'serviceProxy secondaryLaunchConfig inServiceUpgradeStrategy serviceUpgrade account apiKey digitaloceanConfig';
    for (const id of wanted.split(' ')) expect(ids.has(id), id).to.equal(true);
    expect(at(body, 'links', 'self')).to.equal(`${emulator.url}/v2-beta/projects/1a5/schemas`);
  });

  it('answers a schema by singular, plural and in any case, also the schema of schemas', async () => {
    for (const name of ['service', 'services', 'SERVICES']) {
      expect((await call('GET', `/v2-beta/schemas/${name}`)).body['id']).to.equal('service');
    }
    const schema = await call('GET', '/v2-beta/projects/1a5/schemas/schemas');
    expect(schema.status).to.equal(200);
    expect(schema.body['id']).to.equal('schema');
  });

  it('describes fields, methods, filters and actions', async () => {
    const { body } = await call('GET', '/v2-beta/projects/1a5/schemas/service');
    expect(at(body, 'links', 'collection')).to.equal(`${emulator.url}/v2-beta/projects/1a5/services`);
    expect(body['pluralName']).to.equal('services');
    expect(body['collectionMethods']).to.deep.equal(['GET', 'POST']);
    expect(body['resourceMethods']).to.deep.equal(['GET', 'PUT', 'DELETE']);
    expect(at(body, 'resourceFields', 'scale')).to.include({
      type: 'int',
      create: true,
      update: true,
      default: 1,
      min: 0,
      nullable: false,
    });
    expect(at(body, 'resourceFields', 'name')).to.include({
      required: true,
      minLength: 1,
      maxLength: 63,
      validChars: 'a-zA-Z0-9-',
    });
    expect(at(body, 'resourceFields', 'launchConfig')).to.include({ type: 'launchConfig', create: true, update: false });
    expect(at(body, 'resourceActions', 'upgrade')).to.deep.equal({ input: 'serviceUpgrade', output: 'service' });
    const generic = (await call('GET', '/v2-beta/schemas/genericobject')).body;
    expect(at(generic, 'collectionFilters', 'key', 'modifiers')).to.include.members(['eq', 'ne', 'prefix', 'like', 'notlike']);
    expect(at(generic, 'resourceFields', 'resourceData')).to.include({ type: 'map[json]', create: true, update: true });
  });

  it('builds addresses from the headers of a proxy in front', async () => {
    const self = async (headers: Record<string, string>): Promise<unknown> =>
      at((await call('GET', '/v2-beta/projects/1a5/services/1s1', undefined, headers)).body, 'links', 'self');
    const path = '/v2-beta/projects/1a5/services/1s1';
    expect(await self({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.example.com' })).to.equal(
      `https://r.example.com${path}`,
    );
    expect(
      await self({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.example.com:1', 'x-forwarded-port': '8443' }),
    ).to.equal(`https://r.example.com:8443${path}`);
    expect(await self({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.example.com', 'x-forwarded-port': '443' })).to.equal(
      `https://r.example.com${path}`,
    );
    expect(await self({ 'x-api-request-url': `https://front.example.com/rancher${path}?a=b` })).to.equal(
      `https://front.example.com/rancher${path}`,
    );
    expect(await self({ 'x-forwarded-host': 'ignored.example.com' })).to.equal(emulator.url + path);
  });

  it('calls the actions actionLinks for callers that ask so', async () => {
    const { body } = await call('GET', '/v2-beta/services/1s1', undefined, { 'x-api-action-links': 'actionLinks' });
    expect(body).to.have.property('actionLinks');
    expect(body).to.not.have.property('actions');
  });

  it('falls back on its own address for a Host that is none', async () => {
    for (const headers of [
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a"<b>' },
      { 'x-api-request-url': 'javascript:1' },
    ]) {
      const { body } = await call('GET', '/v2-beta', undefined, headers);
      expect(at(body, 'links', 'self')).to.equal(`${emulator.url}/v2-beta`);
    }
  });

  it('has an empty catalog, which the command line client asks for', async () => {
    const answer = await call('GET', '/v1-catalog/projects/1a5');
    expect(answer.status).to.equal(200);
    const schemas = `${emulator.url}/v1-catalog/projects/1a5/schemas`;
    expect(answer.headers.get('x-api-schemas')).to.equal(schemas);
    expect(at((await call('GET', schemas)).body, 'data', 1, 'id')).to.equal('template');
    expect((await call('GET', '/v1-catalog/templates')).body['data']).to.deep.equal([]);
    expect((await call('GET', '/v1-catalog/templates/library:x')).status).to.equal(404);
    expect((await callerOf(emulator.url, '')('GET', '/v1-catalog')).status).to.equal(401);
  });
});
