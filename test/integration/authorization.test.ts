import { expect } from 'chai';
import type { RancherSeed } from '../../src/emulators/rancher/rancher-seed.ts';
import { createSampleSeed } from '../../src/emulators/rancher/sample-seed.ts';
import { basic, type ServiceOnEmulator, startServiceOnEmulator } from '../support/service-on-emulator.ts';

const roles = ['owner', 'member', 'restricted', 'readonly'] as const;

function seed(): RancherSeed {
  const { resources = [] } = createSampleSeed();
  const keys = roles.map((role) => ({ publicValue: role, secretValue: 'secret', accountId: '1a5', role }));
  const stranger = { publicValue: 'stranger', secretValue: 'secret', accountId: '1a7', role: 'owner' };
  return { apiKeys: [...keys, stranger], resources };
}

const body = JSON.stringify({
  name: 'grow',
  driver: 'scaleService',
  scaleServiceConfig: { serviceId: '1s1', amount: 1, action: 'up', min: 1, max: 9 },
});

/** The same callers by both ways to a service in front of a Rancher: its own door, and Rancher's proxy. */
for (const mode of ['rancher', 'cattle'] as const) {
  describe(`callers of an emulated Rancher, WEBHOOK_AUTH=${mode}`, () => {
    let world: ServiceOnEmulator;

    before(async () => {
      world = await startServiceOnEmulator({ auth: mode }, { seed: seed() });
    });
    after(() => world.stop());

    const door = (): string => (mode === 'cattle' ? world.rancher.url : world.service.url);
    const call = (path: string, headers: Record<string, string>, init: RequestInit = {}): Promise<Response> =>
      fetch(`${door()}${path}`, { redirect: 'manual', ...init, headers: { 'Content-Type': 'application/json', ...headers } });
    const receivers = (projectId = '1a5'): string => `/v1-webhooks/receivers?projectId=${projectId}`;

    it('lets owners and members create and delete', async () => {
      for (const role of ['owner', 'member']) {
        const made = await call(receivers(), basic(role, 'secret'), { method: 'POST', body });
        expect(made.status, role).to.equal(200);
        const { id, url } = (await made.json()) as { id: string; url: string };
        expect(url).to.include('/v1-webhooks/endpoint?token=');
        const removed = await call(`/v1-webhooks/receivers/${id}?projectId=1a5`, basic(role, 'secret'), { method: 'DELETE' });
        expect(removed.status, role).to.equal(204);
      }
    });

    it('lets readers read without URLs, and nothing else', async () => {
      const made = await call(receivers(), basic('owner', 'secret'), { method: 'POST', body });
      const { id } = (await made.json()) as { id: string };
      // By its own door the service asks Rancher, which lets restricted members write generic objects.
      for (const role of mode === 'cattle' ? ['readonly', 'restricted'] : ['readonly']) {
        const listed = await call(receivers(), basic(role, 'secret'));
        expect(listed.status, role).to.equal(200);
        const { data } = (await listed.json()) as { data: { id: string; url?: string }[] };
        expect(data.find((receiver) => receiver.id === id)).not.to.have.property('url');
        expect((await call(receivers(), basic(role, 'secret'), { method: 'POST', body })).status, role).to.equal(405);
        const removed = await call(`/v1-webhooks/receivers/${id}?projectId=1a5`, basic(role, 'secret'), { method: 'DELETE' });
        expect(removed.status, role).to.equal(405);
      }
      await call(`/v1-webhooks/receivers/${id}?projectId=1a5`, basic('owner', 'secret'), { method: 'DELETE' });
    });

    it('lets a stranger in nowhere', async () => {
      const asStranger = basic('stranger', 'secret');
      for (const headers of [
        asStranger,
        { ...asStranger, 'X-API-Project-Id': '1a5' },
        { ...asStranger, 'X-API-Roles': 'owner' },
      ]) {
        const answer = await call(receivers(), headers);
        expect(answer.status).to.be.oneOf([401, 403, 404]);
        expect((await call(receivers(), headers, { method: 'POST', body })).status).to.be.oneOf([401, 403, 404]);
      }
    });

    it('asks for credentials, and believes no header in their place', async () => {
      for (const headers of [{}, { 'X-API-Project-Id': '1a5', 'X-API-Roles': 'owner' }, basic('owner', 'wrong')]) {
        expect((await call(receivers(), headers)).status).to.equal(401);
      }
    });

    it('knows a project by all its spellings, and what came by one of them', async () => {
      const key = 'A'.repeat(40);
      const config = { serviceId: '1s1', amount: 1, action: 'up', min: 1, max: 9 };
      const resourceData = { driver: 'scaleService', config, url: 'http://localhost/v1-webhooks/endpoint' };
      const made = await fetch(`${world.rancher.url}/v2-beta/projects/1a5/genericobjects`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...basic('owner', 'secret') },
        body: JSON.stringify({ kind: 'webhookReceiver', name: 'spelled', key, resourceData }),
      });
      const { id } = (await made.json()) as { id: string };
      const spellings = ['1a5', '1A5', '1a05', '5'];
      const taken: (string | null)[] = [];
      for (const spelling of spellings) {
        const url = `${world.service.url}/v1-webhooks/endpoint?key=${key}&projectId=${spelling}`;
        taken.push((await fetch(url, { method: 'POST' })).headers.get('x-webhook-delivery'));
      }
      for (const spelling of ['1a5', '1A5']) {
        const found = await call(`/v1-webhooks/deliveries?projectId=${spelling}&receiverId=${id}`, basic('owner', 'secret'));
        expect(found.status, spelling).to.equal(200);
        const { data } = (await found.json()) as { data: { id: string; projectId: string }[] };
        expect(data.map((delivery) => delivery.id).toReversed(), spelling).to.deep.equal(taken);
        expect(new Set(data.map(({ projectId }) => projectId))).to.deep.equal(new Set(['1a5']));
      }
      await call(`/v1-webhooks/receivers/${id}?projectId=1a5`, basic('owner', 'secret'), { method: 'DELETE' });
    });

    it('has no fault of its own where a project is none', async () => {
      for (const projectId of ['1a5/../1a7', '%20', '__proto__', '1'.repeat(400), '%F0%9F%92%A9', '%ff', '1a5%00', '1a5%23']) {
        const { status } = await call(receivers(projectId), basic('owner', 'secret'));
        expect(status, projectId).to.be.oneOf([400, 403, 404]);
      }
    });

    it('refuses a write that a page of another site sends', async () => {
      const headers = { ...basic('owner', 'secret'), 'Sec-Fetch-Site': 'cross-site' };
      const { status } = await call(`/v1-webhooks/receivers/1go1?action=pause&projectId=1a5`, headers, { method: 'POST' });
      expect(status).to.equal(403);
    });

    it('has no way in below the unauthenticated prefix', async () => {
      const paths = [
        '/endpoint/../receivers',
        '/endpoint%2f..%2freceivers',
        '/endpoint/%2e%2e/receivers',
        '/endpointreceivers',
        '/endpoint//receivers',
        '/endpoint;/../receivers',
      ];
      for (const path of paths) {
        const answer = await rawGet(`${door()}/v1-webhooks${path}?projectId=1a5`);
        expect(answer.status, path).to.be.oneOf([301, 400, 401, 403, 404]);
        expect(answer.text, path).not.to.include('"resourceType":"receiver"');
      }
    });
  });
}

/** fetch would clean the path before it is sent. */
async function rawGet(url: string): Promise<{ status: number; text: string }> {
  const { default: http } = await import('node:http');
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const request = http.request(origin, { path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject).end();
  });
}
