import { expect } from 'chai';
import { type EmbeddedService, startEmbeddedService } from '../support/embedded-service.ts';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer.ts';

describe('a service whose operator lists an issuer', () => {
  let issuer: TestIssuer;
  let service: EmbeddedService;

  before(async () => {
    issuer = await startTestIssuer();
    service = await startEmbeddedService({ WEBHOOK_OIDC_ISSUERS: issuer.url });
  });
  after(async () => {
    await service.stop();
    await issuer.stop();
  });

  it('takes the pushes that its tokens prove, and refuses others', async () => {
    const claims = { repository: 'acme/web' };
    const asked = { authentication: 'oidc', issuer: issuer.url, audience: 'us', claims };
    // Which tags may deploy is of no matter here: no cluster is needed.
    const url = await service.createReceiver('web', { name: 'web', repository: 'acme/web', tag: 'stable', ...asked });
    const push = async (token?: string): Promise<number> => {
      const headers = { 'Content-Type': 'application/json', ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
      return (await fetch(url, { method: 'POST', headers, body: '{"image": "acme/web:latest"}' })).status;
    };
    expect(await push(issuer.token(claims))).to.equal(200);
    expect(await push(issuer.token({ repository: 'acme/other' }))).to.equal(401);
    expect(await push(issuer.token(claims, { key: 'stranger' }))).to.equal(401);
    expect(await push()).to.equal(401);
    const deliveries = await service.deliveriesWhen((all) => all.length === 4);
    expect(deliveries.map(({ state }) => state)).to.deep.equal(['rejected', 'rejected', 'rejected', 'ignored']);
    expect(service.program.output()).not.to.include('eyJ');
  });

  it('refuses receivers that name another issuer', async () => {
    const asked = { authentication: 'oidc', issuer: 'https://accounts.google.com', audience: 'us', claims: { sub: '1' } };
    const { status, body } = await service.call('POST', 'receivers', {
      name: 'other',
      driver: 'deploymentUpdate',
      deploymentUpdateConfig: { name: 'web', ...asked },
    });
    expect([status, body['fieldName']]).to.deep.equal([400, 'issuer']);
  });
});
