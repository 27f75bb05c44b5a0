import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { textOf } from '../../../src/emulators/shared/json-value.ts';
import { at, callerOf, idsIn, startSample } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: authentication, roles, projects', () => {
  let emulator: RancherEmulator;
  before(async () => void (emulator = await startSample()));
  after(() => emulator.stop());
  const as = (role: string) => callerOf(emulator.url, role, `${role}-secret`);

  it('refuses a caller without a valid key with a challenge', async () => {
    for (const [access, secret] of [
      ['', ''],
      ['owner', 'wrong'],
      ['nobody', 'owner-secret'],
    ]) {
      const answer = await callerOf(emulator.url, access, secret)('GET', '/v2-beta/projects/1a5/services');
      expect(answer.status).to.equal(401);
      expect(answer.body).to.include({
        type: 'error',
        status: 401,
        code: 'Unauthorized',
        message: 'Unauthorized',
        baseType: 'error',
      });
      expect(answer.headers.get('www-authenticate')).to.match(/^Basic realm="Enter API access key/);
      expect(answer.headers.get('x-api-schemas')).to.equal(`${emulator.url}/v2-beta/projects/1a5/schemas`);
    }
  });

  it('leaves out the challenge for callers that ask so', async () => {
    const answer = await callerOf(emulator.url, '')('GET', '/v2-beta', undefined, { 'x-api-no-challenge': 'true' });
    expect(answer.status).to.equal(401);
    expect(answer.headers.get('www-authenticate')).to.equal(null);
  });

  it('scopes an environment key to its project with and without the prefix', async () => {
    const owner = as('owner');
    const plain = await owner('GET', '/v2-beta/services?limit=-1');
    const scoped = await owner('GET', '/v2-beta/projects/1a5/services?limit=-1');
    expect(idsIn(plain)).to.deep.equal(idsIn(scoped)).and.to.have.length(5);
    expect(at(plain.body, 'data', 0, 'links', 'self')).to.equal(`${emulator.url}/v2-beta/services/1s1`);
    expect(at(scoped.body, 'data', 0, 'links', 'self')).to.equal(`${emulator.url}/v2-beta/projects/1a5/services/1s1`);
    expect(scoped.headers.get('x-api-account-id')).to.equal('1a5');
  });

  it('keeps projects apart', async () => {
    const other = as('other');
    expect((await other('GET', '/v2-beta/projects/1a5/services')).status).to.equal(403);
    expect((await other('GET', '/v2-beta/services/1s1')).status).to.equal(404);
    expect((await other('PUT', '/v2-beta/services/1s1', { scale: 9 })).status).to.equal(404);
    expect((await other('POST', '/v2-beta/services/1s1?action=deactivate')).status).to.equal(404);
    expect((await other('GET', '/v2-beta/services', undefined, { 'x-api-project-id': '1a5' })).status).to.equal(403);
    expect(idsIn(await other('GET', '/v2-beta/services'))).to.deep.equal([]);
    const stolen = await other('POST', '/v2-beta/services', { name: 'x', stackId: '1st1', launchConfig: {} });
    expect(stolen.body).to.include({ status: 422, code: 'InvalidReference', fieldName: 'stackId' });
    expect((await other('POST', '/v2-beta/apikeys', { accountId: '1a5' })).status).to.be.oneOf([403, 422]);
  });

  it('knows no such project, and no such id', async () => {
    const service = callerOf(emulator.url);
    expect((await service('GET', '/v2-beta/projects/1a99/services')).status).to.equal(403);
    const malformed = await service('GET', '/v2-beta/projects/abc/services');
    expect(malformed.body).to.include({
      status: 400,
      code: 'InvalidFormat',
      message: 'projectId header format is incorrect abc',
    });
    expect((await service('GET', '/v2-beta/projects/1a5/../1a7/services')).status).to.not.equal(500);
  });

  it('gives the service key every project, and all at once without a prefix', async () => {
    const service = callerOf(emulator.url);
    expect(idsIn(await service('GET', '/v2-beta/projects'))).to.deep.equal(['1a5', '1a7']);
    expect(idsIn(await service('GET', '/v2-beta/projects/1a5/services'))).to.have.length(5);
    expect(idsIn(await service('GET', '/v2-beta/projects/1a7/services'))).to.have.length(0);
    expect(idsIn(await service('GET', '/v2-beta/services'))).to.have.length(5);
    const scoped = await service('GET', '/v2-beta/services', undefined, { 'x-api-project-id': '1a7' });
    expect(idsIn(scoped)).to.have.length(0);
  });

  it('lets a read-only member look and nothing else', async () => {
    const readonly = as('readonly');
    const schema = await readonly('GET', '/v2-beta/projects/1a5/schemas/service');
    expect(schema.body['collectionMethods']).to.deep.equal(['GET']);
    expect(schema.body['resourceMethods']).to.deep.equal(['GET']);
    expect(schema.body['resourceActions']).to.deep.equal({});
    expect((await readonly('POST', '/v2-beta/projects/1a5/genericobjects', { name: 'x' })).status).to.equal(405);
    expect((await readonly('PUT', '/v2-beta/projects/1a5/services/1s1', { scale: 5 })).status).to.equal(405);
    expect((await readonly('DELETE', '/v2-beta/projects/1a5/services/1s1')).status).to.equal(405);
    const action = await readonly('POST', '/v2-beta/projects/1a5/services/1s1?action=deactivate');
    expect(action.body).to.include({ status: 422, code: 'InvalidAction' });
    const shown = await readonly('GET', '/v2-beta/projects/1a5/services/1s1');
    expect(shown.body['actions']).to.deep.equal({});
  });

  it('keeps a restricted member away from hosts', async () => {
    const restricted = as('restricted');
    expect(
      (await restricted('POST', '/v2-beta/hosts', { hostname: 'x', digitaloceanConfig: { accessToken: 't' } })).status,
    ).to.equal(405);
    expect((await restricted('DELETE', '/v2-beta/hosts/1h1')).status).to.equal(405);
    expect((await restricted('POST', '/v2-beta/hosts/1h1?action=deactivate')).status).to.equal(422);
    expect((await restricted('POST', '/v2-beta/genericobjects', { name: 'x' })).status).to.equal(201);
  });

  it('makes keys whose secret is shown once and works', async () => {
    const created = await as('owner')('POST', '/v2-beta/projects/1a5/apikeys', { name: 'ci', accountId: '1a5' });
    expect(created.status).to.equal(201);
    const { publicValue, secretValue } = created.body;
    expect(secretValue).to.match(/^[A-Za-z0-9]{40}$/);
    const again = await as('owner')('GET', `/v2-beta/projects/1a5/apikeys/${textOf(created.body['id'])}`);
    expect(again.body).to.include({ publicValue, secretValue: null, state: 'active' });
    const call = callerOf(emulator.url, textOf(publicValue), textOf(secretValue));
    expect((await call('GET', '/v2-beta/services')).status).to.equal(200);
    expect(emulator.authenticate(textOf(publicValue), textOf(secretValue))).to.include({ accountId: '1a5', role: 'owner' });
    expect(emulator.revokeApiKey(textOf(publicValue))).to.equal(true);
    expect((await call('GET', '/v2-beta/services')).status).to.equal(401);
    expect(JSON.stringify(emulator.list('apiKey'))).to.not.include(textOf(secretValue));
  });

  it('gives a key no more rights than its maker has', async () => {
    const created = await as('member')('POST', '/v2-beta/apikeys', { accountId: '1a5' });
    expect(emulator.authenticate(textOf(created.body['publicValue']), textOf(created.body['secretValue']))?.role).to.equal(
      'member',
    );
  });

  it('is usable in the same process', () => {
    const identity = emulator.authenticate('readonly', 'readonly-secret');
    expect(identity).to.deep.include({ accountId: '1a5', role: 'readonly', projects: ['1a5'] });
    expect(identity?.mayUse('1a5')).to.equal(true);
    expect(identity?.mayUse('1a7')).to.equal(false);
    expect(emulator.authenticate('readonly', 'wrong')).to.equal(undefined);
    const key = emulator.createApiKey({ accountId: '1a8', role: 'owner', name: 'n' });
    expect(emulator.authenticate(key.publicValue, key.secretValue)?.projects).to.deep.equal(['1a8']);
    expect(emulator.listApiKeys().find(({ id }) => id === key.id)).to.include({
      accountId: '1a8',
      role: 'owner',
      name: 'n',
      state: 'active',
    });
  });

  it('opens a project to the accounts among its members', async () => {
    const { publicValue, secretValue } = emulator.createApiKey({ accountId: '1a20', role: 'user' });
    const person = callerOf(emulator.url, publicValue, secretValue);
    expect((await person('GET', '/v2-beta/projects/1a7/services')).status).to.equal(403);
    const members = [{ externalId: '1a20', externalIdType: 'rancher_id', role: 'readonly' }];
    const set = await callerOf(emulator.url)('POST', '/v2-beta/projects/1a7?action=setmembers', { members });
    expect(set.status).to.equal(202);
    expect((await person('GET', '/v2-beta/projects/1a7/services')).status).to.equal(200);
    expect((await person('POST', '/v2-beta/projects/1a7/genericobjects', {})).status).to.equal(405);
    expect(idsIn(await person('GET', '/v2-beta/projects'))).to.deep.equal(['1a7']);
  });
  it('gives a person no more in a project than its role there', async () => {
    const { publicValue, secretValue } = emulator.createApiKey({ accountId: '1a21', role: 'user' });
    const person = callerOf(emulator.url, publicValue, secretValue);
    const members = [{ externalId: '1a21', externalIdType: 'rancher_id', role: 'readonly' }];
    await callerOf(emulator.url)('POST', '/v2-beta/projects/1a5?action=setmembers', { members });
    expect((await person('GET', '/v2-beta/projects/1a5/services/1s1')).status).to.equal(200);
    expect((await person('PUT', '/v2-beta/projects/1a5/services/1s1', { scale: 9 })).status).to.equal(405);
    expect((await person('PUT', '/v2-beta/services/1s1', { scale: 9 })).status).to.equal(404);
    expect((await person('PUT', '/v2-beta/services/1s1', { scale: 9 }, { 'x-api-project-id': '1a5' })).status).to.equal(405);
    expect((await person('POST', '/v2-beta/services/1s1?action=deactivate')).status).to.equal(404);
    expect((await person('POST', '/v2-beta/apikeys', { accountId: '1a5' })).status).to.equal(403);
    expect((await person('DELETE', '/v2-beta/projects/1a5')).status).to.equal(403);
    const grab = { members: [{ externalId: '1a21', externalIdType: 'rancher_id', role: 'owner' }] };
    expect((await person('POST', '/v2-beta/projects/1a5?action=setmembers', grab)).status).to.equal(403);
    expect((await person('POST', '/v2-beta/projects', { name: 'mine' })).status).to.equal(201);
    expect((await as('owner')('DELETE', '/v2-beta/projects/1a5')).status).to.equal(405);
  });
});
