import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { assert, asyncProperty, integer, jsonValue } from 'fast-check';
import { createKubernetesClusters } from '../../../src/drivers/kubernetes/client.ts';
import type { KubernetesCluster } from '../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import { maxListBytes, maxObjectBytes } from '../../../src/drivers/kubernetes/cluster/read-answer.ts';
import { thrownBy } from '../../support/thrown-by.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** The server of one project's cluster may be that project's own: nothing that it answers is to harm anybody else. */
describe('a hostile API server', () => {
  const { signal } = new AbortController();
  const seen: string[] = [];
  let folder: string;
  let server: http.Server;
  let cluster: KubernetesCluster;
  let handle: Handler;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'));
    server = http.createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url === '/apis/apps') response.end('{"versions":[{"version":"v1"}]}');
      else handle(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const kubeconfig = path.join(folder, 'config');
    writeFileSync(
      kubeconfig,
      `{apiVersion: v1, kind: Config, current-context: main, contexts: [{name: main, context: {cluster: c, user: u}}],
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:${(server.address() as AddressInfo).port}"}}],
        users: [{name: u, user: {token: secret}}]}`,
    );
    cluster = await createKubernetesClusters({ kubeconfig }).connect('', '1a5');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => void seen.splice(0));

  const get = (): Promise<unknown> => cluster.get('deployment', 'shop', 'web', signal);
  const answer = (body: unknown): void => {
    handle = (_, response) => response.end(JSON.stringify(body));
  };
  const watch = async (): Promise<unknown[]> => {
    const events: unknown[] = [];
    const options = { resourceVersion: '1', timeoutSeconds: 30, signal };
    for await (const event of cluster.watch('pod', 'shop', options)) events.push(event);
    return events;
  };

  for (const status of [301, 302, 303, 307, 308]) {
    it(`sends no call where a ${status} leads, with or without a body`, async () => {
      handle = (_, response) => response.writeHead(status, { location: '/v2-beta/projects/1a7/services/1s5' }).end();
      const before = async (): Promise<void> => undefined;
      const calls = [
        () => get(),
        () => cluster.list('pod', 'shop', '', signal),
        () => cluster.patch('deployment', 'shop', 'web', { metadata: { resourceVersion: '1' } }, signal, before),
        () => cluster.create('deployment', 'shop', {}, signal, before),
        () => cluster.delete('pod', 'shop', 'web', { uid: 'u' }, signal, before),
        () => watch(),
      ];
      for (const call of calls) {
        expect(await thrownBy(call())).to.include({
          code: 'Unavailable',
          message: `Kubernetes cluster main: HTTP status ${status}, a redirect, which is not followed`,
        });
      }
      expect(seen.filter((each) => each.includes('v2-beta'))).to.deep.equal([]);
    });
  }

  /** An answer without an end. @returns how much of it was sent, bytes. */
  const endless = (chunk: string): (() => number) => {
    let sent = 0;
    handle = (_, response) => {
      const send = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', send);
      send();
    };
    return () => sent;
  };

  it('has no more of an answer read than an object can have', async () => {
    const sent = endless(' '.repeat(64 * 1024));
    expect(await thrownBy(get())).to.include({
      code: 'Unavailable',
      message: 'Kubernetes cluster main answered with more than 4 MiB',
    });
    // Sockets hold some megabytes that nobody has read.
    expect(sent()).to.be.lessThan(8 * maxObjectBytes);
    expect(await thrownBy(cluster.list('pod', 'shop', '', signal)))
      .to.have.property('message')
      .that.contains('32 MiB');
    expect(sent()).to.be.lessThan(2 * maxListBytes);
  });

  it('has no more of a watch read than a list can have, nor a longer line than an object', async () => {
    endless('x'.repeat(64 * 1024));
    expect(await thrownBy(watch()))
      .to.have.property('message')
      .that.contains('more than 4 MiB');
    endless(`${JSON.stringify({ type: 'BOOKMARK', object: { filler: 'x'.repeat(60_000) } })}\n`);
    expect(await watch(), 'that is an end like any other').to.deep.equal([]);
  });

  it('has no more objects looked at than can be followed', async () => {
    answer({ items: Array.from({ length: 10_001 }, () => ({})) });
    expect(await thrownBy(cluster.list('pod', 'shop', 'a=b', signal))).to.include({ code: 'Refused' });
  });

  const malformed: readonly [unknown, string][] = [
    [{ metadata: 'web' }, 'metadata is no object'],
    [{ metadata: { name: 5 } }, 'metadata.name is no text'],
    [{ metadata: { labels: { app: {} } } }, 'metadata.labels has an entry that is no text'],
    [{ spec: { replicas: '3' } }, 'spec.replicas is no number'],
    [{ spec: { template: { spec: { containers: {} } } } }, 'spec.template.spec.containers is no list'],
    [{ spec: { template: { spec: { containers: [null] } } } }, 'spec.template.spec.containers[0] is no object'],
    [{ spec: { strategy: { rollingUpdate: { maxSurge: [] } } } }, 'spec.strategy.rollingUpdate.maxSurge is no number'],
    [{ status: { conditions: [{ type: 'Progressing' }, 1] } }, 'status.conditions[1] is no object'],
  ];
  for (const [object, fault] of malformed) {
    it(`has it said that ${fault}`, async () => {
      answer(object);
      const message = `Kubernetes cluster main answered with a malformed deployment: ${fault}`;
      expect(await thrownBy(get())).to.include({ code: 'Unavailable', message });
      answer({ items: [object] });
      expect(await thrownBy(cluster.list('deployment', 'shop', '', signal))).to.include({ message });
    });
  }

  it('may leave out every field, or set it to null', async () => {
    for (const object of [{}, { metadata: null, spec: null }, { spec: { template: { spec: { containers: null } } } }]) {
      answer(object);
      expect(await get()).to.be.an('object');
    }
    answer({ metadata: { labels: null }, spec: { replicas: null } });
    expect(await get(), 'a null is an absent field').to.deep.equal({ metadata: {}, spec: {} });
  });

  it('gets ServiceErrors for whatever it makes up, and for nothing else', async () => {
    await assert(
      asyncProperty(jsonValue(), integer({ min: 200, max: 599 }), async (body, status) => {
        handle = (_, response) => response.writeHead(status === 204 || status === 304 ? 500 : status).end(JSON.stringify(body));
        for (const call of [get, () => cluster.list('pod', 'shop', '', signal), watch]) {
          const thrown = await call().then(
            () => undefined,
            (error: unknown) => error,
          );
          if (thrown !== undefined) expect(thrown).to.have.property('name', 'ServiceError');
        }
      }),
      { numRuns: 200 },
    );
  });

  it('cannot have a call made about all objects by naming one nothing', async () => {
    for (const name of ['', '.', '..']) {
      expect(await thrownBy(cluster.delete('pod', 'shop', name, { uid: 'u' }, signal, async () => undefined))).to.include({
        code: 'Unavailable',
      });
      expect(await thrownBy(cluster.get('deployment', name, 'web', signal))).to.include({ code: 'Unavailable' });
    }
    expect(seen.filter((each) => !each.endsWith('/apis/apps'))).to.deep.equal([]);
  });

  it('has no long message passed on', async () => {
    handle = (_, response) => response.writeHead(422).end(JSON.stringify({ message: 'm'.repeat(100_000) }));
    expect(await thrownBy(get()))
      .to.have.property('message')
      .with.lengthOf.lessThan(1_100);
  });
});
