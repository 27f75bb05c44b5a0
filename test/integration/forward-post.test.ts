import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createSampleSeed } from '../../src/emulators/rancher/sample-seed.ts';
import { type ServiceOnEmulator, startServiceOnEmulator } from '../support/service-on-emulator.ts';

interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

describe('forwardPost through an emulated Rancher', () => {
  let world: ServiceOnEmulator;
  let container: http.Server;
  const got: Got[] = [];
  let status = 200;

  before(async () => {
    container = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        got.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        response.writeHead(status).end('from the container');
      });
    });
    container.listen(0, '127.0.0.1');
    await once(container, 'listening');
    world = await startServiceOnEmulator({}, { seed: createSampleSeed() });
    world.rancher.setServiceTarget('web', `http://127.0.0.1:${(container.address() as AddressInfo).port}`);
  });
  after(async () => {
    await world.stop();
    container.close();
  });

  async function triggerUrl(name: string): Promise<string> {
    const answer = await fetch(`${world.service.url}/v1-webhooks/receivers?projectId=1a5`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, driver: 'forwardPost', forwardPostConfig: { serviceName: 'web', port: '80', path: '/hook' } }),
    });
    return ((await answer.json()) as { url: string }).url;
  }

  it("brings body, type and query into the container, and nobody's credentials", async () => {
    const headers = {
      'Content-Type': 'text/plain',
      Authorization: 'Bearer of-the-caller',
      Cookie: 'token=of-the-caller',
      'X-Custom': 'kept',
    };
    const answer = await fetch(`${await triggerUrl('a')}&build=7`, { method: 'POST', headers, body: 'hello' });
    expect(answer.status).to.equal(200);
    const [first] = got.splice(0);
    if (!first) throw new Error('nothing arrived');
    const { method, url, headers: received, body } = first;
    expect({ method, body }).to.deep.equal({ method: 'POST', body: 'hello' });
    expect(url)
      .to.match(/^\/hook\?/)
      .and.include('build=7');
    expect(received['content-type']).to.equal('text/plain');
    expect(received['x-custom']).to.equal('kept');
    expect(received).not.to.have.any.keys('authorization', 'cookie');
    expect(url).not.to.match(/key=|eyJ/);
  });

  it("passes on the container's refusal with its status and text", async () => {
    status = 418;
    const answer = await fetch(await triggerUrl('b'), { method: 'POST', body: 'hello' });
    expect(answer.status).to.equal(418);
    const { message } = (await answer.json()) as { message: string };
    expect(message).to.equal('Error from the container in executing driver for forwardPost');
  });
});
