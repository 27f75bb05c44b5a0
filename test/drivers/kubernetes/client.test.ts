import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createKubernetesClusters, type KubernetesClustersOptions } from '../../../src/drivers/kubernetes/client.ts';
import type { KubernetesCluster, KubernetesKind } from '../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import { LeaseLostError } from '../../../src/framework/deliveries/delivery-store.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

describe('createKubernetesClusters', () => {
  const { signal } = new AbortController();
  const seen: { method: string | undefined; url: string | undefined; authorization: string | undefined }[] = [];
  let folder: string;
  let server: http.Server;
  let url: string;
  let handle: Handler = () => undefined;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'));
    server = http.createServer((request, response) => {
      seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
      handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => void seen.splice(0));

  const kubeconfig = (token = 'secret', name = 'config', at = url): string => {
    const file = path.join(folder, name);
    const context = (context: string): string => `{name: ${context}, context: {cluster: c, user: u}}`;
    writeFileSync(
      file,
      `{apiVersion: v1, kind: Config, current-context: main, contexts: [${context('main')}, ${context('other')}],
        clusters: [{name: c, cluster: {server: "${at}"}}], users: [{name: u, user: {token: "${token}"}}]}`,
    );
    return file;
  };
  const connect = (options: KubernetesClustersOptions = { kubeconfig: kubeconfig() }, name = ''): Promise<KubernetesCluster> =>
    createKubernetesClusters(options).connect(name, '1a5');
  const json = (response: http.ServerResponse, status: number, body: object, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  /** Answers discovery with these versions of `apps`, and everything else by the handler. */
  const serve = (versions: string[], rest: Handler): void => {
    handle = (request, response) => {
      if (request.url === '/apis/apps') json(response, 200, { versions: versions.map((version) => ({ version })) });
      else rest(request, response);
    };
  };
  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  for (const [versions, wanted] of [
    [['v1', 'v1beta2'], 'v1'],
    [['v1beta1', 'v1beta2'], 'v1beta2'],
    [['v1beta1'], 'v1beta1'],
  ] as const) {
    it(`uses ${wanted} where there are ${versions.join(' and ')}, and asks once`, async () => {
      serve([...versions], (_, response) => json(response, 404, { message: 'not found' }));
      const cluster = await connect();
      expect(await cluster.get('deployment', 'shop', 'web', signal)).to.equal(undefined);
      expect(await cluster.get('deployment', 'shop', 'web', signal)).to.equal(undefined);
      const deployment = `/apis/apps/${wanted}/namespaces/shop/deployments/web`;
      expect(seen.map((each) => each.url)).to.deep.equal(['/apis/apps', deployment, deployment]);
      expect(seen[0]?.authorization).to.equal('Bearer secret');
    });
  }

  const places: readonly [KubernetesKind, Record<string, string[]>, string][] = [
    ['statefulSet', { apps: ['v1beta1'] }, '/apis/apps/v1beta1/namespaces/a/statefulsets/b'],
    ['daemonSet', { apps: ['v1beta1', 'v1beta2'] }, '/apis/apps/v1beta2/namespaces/a/daemonsets/b'],
    ['daemonSet', { apps: ['v1beta1'], extensions: ['v1beta1'] }, '/apis/extensions/v1beta1/namespaces/a/daemonsets/b'],
    ['deployment', { extensions: ['v1beta1'] }, '/apis/extensions/v1beta1/namespaces/a/deployments/b'],
    ['cronJob', { batch: ['v1'], 'batch/v1': ['jobs', 'cronjobs'] }, '/apis/batch/v1/namespaces/a/cronjobs/b'],
    ['cronJob', { batch: ['v1', 'v1beta1'], 'batch/v1': ['jobs'] }, '/apis/batch/v1beta1/namespaces/a/cronjobs/b'],
    ['cronJob', { batch: ['v1', 'v2alpha1'], 'batch/v1': ['jobs'] }, '/apis/batch/v2alpha1/namespaces/a/cronjobs/b'],
  ];
  for (const [kind, served, wanted] of places) {
    it(`finds a ${kind} at ${wanted.split('/namespaces')[0]} where there is ${JSON.stringify(served)}`, async () => {
      handle = (request, response) => {
        const names = served[request.url?.replace('/apis/', '') ?? ''];
        if (names === undefined) return json(response, 404, { message: 'not found' });
        json(response, 200, { versions: names.map((version) => ({ version })), resources: names.map((name) => ({ name })) });
      };
      const cluster = await connect();
      await cluster.get(kind, 'a', 'b', signal);
      expect(seen.at(-1)?.url).to.equal(wanted);
      const asked = seen.length;
      await cluster.get(kind, 'a', 'b', signal);
      expect(
        seen.slice(asked).map(({ url }) => url),
        'discovery is asked once',
      ).to.deep.equal([wanted]);
    });
  }

  it('says where there is no such kind', async () => {
    handle = (_, response) => json(response, 404, { message: 'not found' });
    expect(await failure((await connect()).get('cronJob', 'a', 'b', signal))).to.include({
      code: 'Refused',
      message: 'Kubernetes cluster main serves no known version of cronjobs: /apis/batch is not found',
    });
  });

  it('deletes only the very object, and minds none that is gone', async () => {
    let answer = 200;
    let body = '';
    handle = (request, response) => {
      body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => json(response, answer, { message: 'm' }));
    };
    const cluster = await connect();
    for (answer of [200, 404, 409]) await cluster.delete('pod', 'a', 'b', { uid: 'u' }, signal, async () => undefined);
    expect(seen.at(-1)).to.include({ method: 'DELETE', url: '/api/v1/namespaces/a/pods/b' });
    expect(JSON.parse(body)).to.deep.include({ preconditions: { uid: 'u' } });
    answer = 403;
    const refused = failure(cluster.delete('pod', 'a', 'b', { uid: 'u' }, signal, async () => undefined));
    expect(await refused).to.have.property('code', 'Forbidden');
  });

  it('reads the kubeconfig again when it changes', async () => {
    serve(['v1'], (_, response) => json(response, 200, {}));
    const file = kubeconfig('first', 'changing');
    const cluster = await connect({ kubeconfig: file });
    await cluster.get('deployment', 'shop', 'web', signal);
    kubeconfig('second-and-longer', 'changing');
    await cluster.get('deployment', 'shop', 'web', signal);
    expect(seen.at(-1)?.authorization).to.equal('Bearer second-and-longer');
  });

  it('knows contexts by name, and says which are not there', async () => {
    expect(await connect(undefined, 'other')).to.have.property('name', 'other');
    expect(await connect()).to.have.property('name', 'main');
    expect(await failure(connect(undefined, 'third'))).to.include({
      code: 'InvalidConfig',
      message: 'No such Kubernetes cluster: the kubeconfig has no context "third"',
    });
    expect(await failure(connect({ kubeconfig: path.join(folder, 'missing') }))).to.include({
      code: 'Unavailable',
      message: 'The kubeconfig cannot be read: ENOENT (KUBECONFIG)',
    });
    const broken = path.join(folder, 'broken');
    writeFileSync(broken, 'users: [{user: {token: secret');
    expect(await failure(connect({ kubeconfig: broken }))).to.include({
      code: 'Unavailable',
      message: 'The kubeconfig cannot be read: it is no kubeconfig (KUBECONFIG)',
    });
    expect(await failure(connect(undefined, 'rancher'))).to.have.property('code', 'InvalidConfig');
  });

  it("goes through Rancher's proxy as the kubeconfigs that Rancher generates do", async () => {
    handle = (_, response) => json(response, 200, { versions: [{ version: 'v1beta1' }] });
    const cluster = await connect({ kubeconfig: '', rancher: { url: `${url}/v1`, accessKey: 'ak', secretKey: 'sk' } }, 'rancher');
    expect(cluster.name).to.equal('rancher-1a5');
    await cluster.get('deployment', 'default', 'web', signal);
    const basic = `Basic ${Buffer.from('ak:sk').toString('base64')}`;
    expect(seen.at(-1)).to.deep.equal({
      method: 'GET',
      url: '/r/projects/1a5/kubernetes:6443/apis/apps/v1beta1/namespaces/default/deployments/web',
      authorization: `Bearer ${Buffer.from(basic).toString('base64')}`,
    });
  });

  const answers: readonly [number, string, string, string][] = [
    [401, '{"message":"Unauthorized"}', 'Unauthorized', 'the credentials are not accepted'],
    [403, '{"message":"cannot get resource"}', 'Forbidden', 'cannot get resource'],
    [422, '{"message":"spec is invalid"}', 'Refused', 'spec is invalid'],
    [429, '{"message":"too many requests"}', 'TooManyRequests', 'too many requests'],
    [500, 'etcd is down', 'Unavailable', 'etcd is down'],
    [503, '<html>', 'Unavailable', 'HTTP status 503'],
    [200, '<html>login</html>', 'Unavailable', 'answered with something else than a Kubernetes object'],
  ];
  for (const [status, body, code, message] of answers) {
    it(`makes ${code} of ${status} ${body}`, async () => {
      serve(['v1'], (_, response) => response.writeHead(status, { 'retry-after': '7' }).end(body));
      const thrown = await failure((await connect()).get('deployment', 'shop', 'web', signal));
      expect(thrown).to.have.property('code', code);
      expect(thrown).to.have.property('message').that.contains('Kubernetes cluster main').and.contains(message);
      if (status === 429) expect(thrown).to.have.property('retryAfterSeconds', 7);
    });
  }

  it('makes Unavailable of a server that is not there or hangs up', async () => {
    const closed = http.createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nobody = await connect({ kubeconfig: kubeconfig('t', 'nobody', `http://127.0.0.1:${port}`) });
    expect(await failure(nobody.get('deployment', 'a', 'b', signal))).to.include({
      code: 'Unavailable',
      message: 'Kubernetes cluster main cannot be reached: ECONNREFUSED',
    });
    serve(['v1'], (_, response) => response.destroy());
    expect(await failure((await connect()).get('deployment', 'a', 'b', signal))).to.have.property('code', 'Unavailable');
  });

  it('gives up when told to', async () => {
    serve(['v1'], () => undefined);
    const abort = new AbortController();
    const cluster = await connect();
    const work = failure(cluster.get('deployment', 'a', 'b', abort.signal));
    abort.abort(new Error('stopping'));
    expect(await work).to.have.property('message', 'stopping');
  });

  it('tells conflict and absence of a patch apart from failures', async () => {
    const patch = { metadata: { resourceVersion: '1' } };
    const kindFor = async (status: number): Promise<string> => {
      serve(['v1'], (_, response) => json(response, status, { message: 'm' }));
      return (await (await connect()).patch('deployment', 'a', 'b', patch, signal, async () => undefined)).kind;
    };
    expect([await kindFor(200), await kindFor(409), await kindFor(404)]).to.deep.equal(['patched', 'conflict', 'missing']);
    expect(seen.at(-1)).to.include({
      method: 'PATCH',
      url: '/apis/apps/v1/namespaces/a/deployments/b?fieldManager=webhook-service',
    });
    expect(await failure(kindFor(422))).to.have.property('code', 'Refused');
  });

  it('says what may pass by itself, and when to ask again', async () => {
    const answered = (status: number): Promise<unknown> => {
      serve(['v1'], (_, response) => {
        response.setHeader('Retry-After', '7');
        json(response, status, { message: 'm' });
      });
      return connect().then((cluster) => failure(cluster.get('deployment', 'a', 'b', signal)));
    };
    // A token that has expired is read again, and a new one may be there by then.
    for (const status of [401, 408, 409, 429, 500, 503])
      expect(await answered(status), String(status)).to.include({ retryable: true, retryAfterSeconds: 7 });
    for (const status of [400, 403, 422]) expect(await answered(status), String(status)).to.include({ retryable: false });
    serve(['v1'], (_, response) => response.destroy());
    expect(await failure((await connect()).get('deployment', 'a', 'b', signal))).to.include({ retryable: true });
  });

  it('sends no patch that is refused at the last moment, and hands that on as it is', async () => {
    serve(['v1'], (_, response) => json(response, 200, {}));
    const gone = new LeaseLostError();
    const work = (await connect()).patch('deployment', 'a', 'b', { metadata: { resourceVersion: '1' } }, signal, async () => {
      expect(seen.at(-1), 'nothing else is left to do').to.include({ url: '/apis/apps' });
      throw gone;
    });
    expect(await failure(work)).to.equal(gone);
    expect(seen.some(({ method }) => method === 'PATCH')).to.equal(false);
  });

  it('yields the changes of a watch, in whatever pieces they come, and fails on ERROR', async () => {
    const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
    serve(['v1'], (_, response) => {
      const text =
        line('ADDED', { metadata: { name: 'é' } }) + line('BOOKMARK', {}) + line('ERROR', { code: 410, message: 'too old' });
      const bytes = Buffer.from(text);
      response.writeHead(200);
      for (const byte of bytes) response.write(Buffer.from([byte]));
      response.end();
    });
    const cluster = await connect();
    const events: unknown[] = [];
    const watching = (async () => {
      for await (const event of cluster.watch('pod', 'a', {
        resourceVersion: '5',
        labelSelector: 'app=web',
        timeoutSeconds: 30,
        signal,
      }))
        events.push(event);
    })();
    expect(await failure(watching)).to.include({ code: 'Conflict', message: 'Kubernetes cluster main: too old' });
    expect(events).to.deep.equal([{ type: 'ADDED', object: { metadata: { name: 'é' } } }]);
    expect(seen.at(-1)?.url).to.equal(
      '/api/v1/namespaces/a/pods?watch=true&resourceVersion=5&timeoutSeconds=30&labelSelector=app%3Dweb',
    );
  });
});
