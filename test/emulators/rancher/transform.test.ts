import { expect } from 'chai';
import type { RancherEmulator } from '../../../src/emulators/rancher/rancher-emulator.ts';
import { type Call, callerOf, startSample } from '../../support/rancher-emulator-client.ts';

describe('Rancher emulator: scripts/transform', () => {
  let emulator: RancherEmulator;
  let call: Call;
  const path = '/v2-beta/projects/1a5/scripts/transform';
  before(async () => {
    emulator = await startSample();
    call = callerOf(emulator.url);
  });
  after(() => emulator.stop());

  it('turns what Docker inspects into a container', async () => {
    const { status, body } = await call('POST', path, {
      Name: '/web',
      Config: {
        Image: 'acme/web:1',
        Env: ['A=b', 'C=d=e', 'EMPTY'],
        Cmd: ['run', 'it'],
        Entrypoint: null,
        Labels: { x: 'y' },
        Tty: true,
        OpenStdin: true,
        User: '',
        WorkingDir: '/srv',
        ExposedPorts: { '80/tcp': {}, '9000/tcp': {} },
        Volumes: { '/data': {} },
      },
      HostConfig: {
        Binds: ['/a:/b:ro'],
        PortBindings: { '80/tcp': [{ HostPort: '8080' }, { HostIp: '10.0.0.1', HostPort: '81' }], '81/udp': [{ HostPort: '' }] },
        RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
        CapAdd: ['ALL'],
        Dns: ['8.8.8.8'],
        Memory: 1000,
        CpuShares: 0,
        LogConfig: { Type: '', Config: null },
      },
    });
    expect(status).to.equal(200);
    expect(body).to.deep.include({
      type: 'container',
      name: 'web',
      imageUuid: 'docker:acme/web:1',
      environment: { A: 'b', C: 'd=e', EMPTY: '' },
      command: ['run', 'it'],
      entryPoint: null,
      labels: { x: 'y' },
      tty: true,
      stdinOpen: true,
      user: null,
      workingDir: '/srv',
      ports: ['8080:80/tcp', '10.0.0.1:81:80/tcp', '81/udp', '9000/tcp'],
      dataVolumes: ['/data', '/a:/b:ro'],
      restartPolicy: { type: 'restartPolicy', name: 'always', maximumRetryCount: 0 },
      capAdd: ['ALL'],
      dns: ['8.8.8.8'],
      memory: 1000,
      cpuShares: null,
      networkMode: 'bridge',
      logConfig: { type: 'logConfig', driver: '', config: {} },
    });
  });

  it('answers the same twice, since clients hash it', async () => {
    const body = { Name: '/a', Config: { Image: 'docker:x' }, HostConfig: {} };
    expect((await call('POST', path, body)).text).to.equal((await call('POST', path, body)).text);
    expect((await call('POST', path, body)).body).to.include({ imageUuid: 'docker:x', restartPolicy: null });
  });

  it('takes an empty or odd body, and no other method', async () => {
    expect((await call('POST', path)).status).to.equal(200);
    expect((await call('POST', path, { Config: 5, HostConfig: [] })).status).to.equal(200);
    expect((await call('GET', path)).status).to.equal(405);
    expect((await call('POST', '/v2-beta/scripts/other')).status).to.equal(404);
  });
});
