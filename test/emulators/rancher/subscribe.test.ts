import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { textOf } from '../../../src/emulators/shared/json-value.ts';
import { at, callerOf, startSample, until } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: subscribe', () => {
  let emulator: RancherEmulator;
  before(async () => void (emulator = await startSample()));
  after(() => emulator.stop());

  function open(path: string, role: string): { socket: WebSocket; frames: unknown[] } {
    const socket = new WebSocket(emulator.url.replace('http', 'ws') + path, { auth: `${role}:${role}-secret` });
    const frames: unknown[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())));
    return { socket, frames };
  }

  it('sends a ping and then what changes in the project', async () => {
    const path = '/v2-beta/projects/1a5/subscribe?eventNames=resource.change&eventNames=service.kubernetes.change';
    const mine = open(path, 'owner');
    const theirs = open('/v2-beta/projects/1a7/subscribe?eventNames=resource.change', 'other');
    await until(
      () => [mine, theirs],
      (both) => both.every(({ frames }) => frames.length === 1),
    );
    expect(at(mine.frames, 0, 'name')).to.equal('ping');
    await callerOf(emulator.url)('PUT', '/v2-beta/projects/1a5/services/1s1', { scale: 1 });
    const change = await until(
      () => mine.frames.find((frame) => at(frame, 'resourceId') === '1s1'),
      (frame) => frame !== undefined,
    );
    expect(change).to.include({ name: 'resource.change', resourceType: 'service' });
    expect(at(change, 'data', 'resource')).to.include({ id: '1s1', scale: 1, state: 'active' });
    expect(at(change, 'data', 'resource', 'links', 'self')).to.equal(`${emulator.url}/v2-beta/projects/1a5/services/1s1`);
    expect(theirs.frames).to.have.length(1);
    mine.socket.close();
    theirs.socket.close();
    await once(mine.socket, 'close');
  });

  for (const [title, path, role, status] of [
    ['a wrong key', '/v2-beta/subscribe', 'nobody', 401],
    ['a foreign project', '/v2-beta/projects/1a5/subscribe', 'other', 403],
    ['another path', '/v2-beta/services', 'owner', 404],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const { socket } = open(path, role);
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
      expect(response.statusCode).to.equal(status);
      socket.on('error', () => undefined);
      socket.terminate();
    });
  }

  it('opens the log of a container by the token that the action gives', async () => {
    const access = await callerOf(emulator.url)('POST', '/v2-beta/projects/1a5/containers/1i1?action=logs', { follow: false });
    expect(access.status).to.equal(202);
    const socket = new WebSocket(`${textOf(access.body['url'])}?token=${textOf(access.body['token'])}`);
    const [line] = (await once(socket, 'message')) as [Buffer];
    expect(line.toString()).to.match(/^01 \d{4}-/);
    await once(socket, 'close');
    const refused = new WebSocket(`${textOf(access.body['url'])}?token=wrong`);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).to.equal(401);
    refused.on('error', () => undefined);
    refused.terminate();
  });
});
