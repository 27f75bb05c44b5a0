import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createKubernetesClusters } from '../../../src/drivers/kubernetes/client.ts';
import type { KubernetesCluster } from '../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import { thrownBy } from '../../support/thrown-by.ts';

describe('the credentials of a kubeconfig', () => {
  const { signal } = new AbortController();
  const authorizations: (string | undefined)[] = [];
  let status = 200;
  let folder: string;
  let server: http.Server;
  let starts: string;

  before(async () => {
    server = http.createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(status).end('{"versions":[{"version":"v1"}]}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'));
    starts = path.join(folder, 'starts');
    writeFileSync(starts, '');
    authorizations.splice(0);
    status = 200;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const connect = (user: object): Promise<KubernetesCluster> => {
    const kubeconfig = path.join(folder, 'config');
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'main',
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: at } }],
      users: [{ name: 'u', user }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    return createKubernetesClusters({ kubeconfig }).connect('', '1a5');
  };
  /** A program that counts its starts in a file, and then does what the script says. */
  const program = (script: string): object => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'Never',
      command: process.execPath,
      args: ['-e', `require('node:fs').appendFileSync(${JSON.stringify(starts)}, '.'); ${script}`],
    },
  });
  const printing = (token: string): string => `process.stdout.write(JSON.stringify({ status: { token: ${token} } }))`;
  const timesStarted = (): number => readFileSync(starts, 'utf8').length;
  const get = async (cluster: KubernetesCluster): Promise<unknown> => cluster.get('deployment', 'shop', 'web', signal);

  it('may come from a program, which is started once however many calls there are', async () => {
    const cluster = await connect(program(printing('"from-program"')));
    await Promise.all(Array.from({ length: 20 }, () => get(cluster)));
    expect(new Set(authorizations)).to.deep.equal(new Set(['Bearer from-program']));
    expect(timesStarted()).to.equal(1);
  });

  it('are asked for again where the server does not take them any more', async () => {
    const cluster = await connect(program(printing('String(process.pid)')));
    await get(cluster);
    status = 401;
    expect(await thrownBy(get(cluster))).to.have.property('code', 'Unauthorized');
    status = 200;
    await get(cluster);
    expect(new Set(authorizations).size).to.equal(2);
    expect(timesStarted()).to.equal(2);
  });

  it('are not waited for without an end, and the program is not started again while it hangs', async () => {
    const cluster = await connect(program('setTimeout(() => {}, 5_000)'));
    const given = AbortSignal.timeout(1_000);
    const calls = Array.from({ length: 10 }, () => cluster.get('deployment', 'shop', 'web', given));
    for (const call of calls) expect(await thrownBy(call)).to.have.property('name', 'TimeoutError');
    expect(timesStarted()).to.equal(1);
  });

  const faults: readonly [string, object, string][] = [
    [
      'is not there',
      { exec: { command: '/usr/bin/no-such-plugin' } },
      'the program no-such-plugin of the kubeconfig is not there',
    ],
    ['fails', program(`process.stderr.write('password=hunter2'); process.exit(1)`), 'of the kubeconfig failed'],
    ['prints something else', program('process.stdout.write("hunter2")'), 'of the kubeconfig failed'],
    ['prints no credentials', program('process.stdout.write("{}")'), 'of the kubeconfig failed'],
    [
      'is an auth-provider that has nothing',
      { 'auth-provider': { name: 'azure', config: { 'expires-on': '1', 'access-token': 'hunter2' } } },
      'the auth-provider azure of the kubeconfig failed',
    ],
    ['is a file that is not there', { 'client-key': '/no/such/key' }, 'its user in the kubeconfig cannot be used: ENOENT'],
  ];
  for (const [what, user, message] of faults) {
    it(`are told to be missing, and nothing of what was said, where their source ${what}`, async () => {
      const thrown = await thrownBy(get(await connect(user)));
      expect(thrown).to.include({ code: 'Unavailable', retryable: true });
      expect(thrown.message).to.contain('Kubernetes cluster main: there are no credentials for it').and.contain(message);
      expect(thrown.message).not.to.contain('hunter2');
      expect(authorizations).to.deep.equal([]);
    });
  }
});
