import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { noAuthorizer } from '../src/api/authorization/no-authorizer.ts';
import { EventStreams } from '../src/api/deliveries/event-streams.ts';
import { createHttpServer } from '../src/api/http-server.ts';
import { createManagementApp } from '../src/api/management-app.ts';
import { TriggerUrls } from '../src/api/receivers/trigger-urls.ts';
import { Schemas } from '../src/api/schemas.ts';
import { serviceUpgrade } from '../src/drivers/service-upgrade/index.ts';
import { DeliveryEngine } from '../src/framework/deliveries/delivery-engine.ts';
import type { DeliveryStore } from '../src/framework/deliveries/delivery-store.ts';
import { defaultRetention } from '../src/framework/deliveries/retention.ts';
import type { Driver } from '../src/framework/driver.ts';
import { createKeyRing, generatePrivateKeyPem } from '../src/framework/key-ring.ts';
import { createLog } from '../src/framework/log.ts';
import { receiverKind } from '../src/framework/receiver.ts';
import { createRegistry } from '../src/framework/registry.ts';
import { SealedValues } from '../src/framework/sealed-values.ts';
import { Tokens } from '../src/framework/token.ts';
import { payloadFormats } from '../src/payloads/index.ts';
import { RancherClient } from '../src/rancher/rancher-client.ts';
import { openStoredConfig } from '../src/framework/sensitive-fields.ts';
import { CachedReceiverLookup } from '../src/store/cached-receiver-lookup.ts';
import { RancherReceiverStore } from '../src/store/rancher-receiver-store.ts';
import { ReceiverConfirmation } from '../src/store/receiver-confirmation.ts';
import { openSqliteDeliveryStore } from '../src/store/sqlite/sqlite-delivery-store.ts';

/** A server under load, and the paths that are asked. */
export interface LoadedServer {
  readonly port: number;
  readonly paths: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const key = 'k'.repeat(40);
const config = { serviceSelector: { app: 'web' }, tag: 'latest', batchSize: 1, intervalMillis: 2, payloadFormat: 'dockerhub' };

/** The least that a Node server can do with a POST: read the body and answer 200. */
export async function startBareServer(): Promise<LoadedServer> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const complete = Buffer.concat(chunks).length > 0;
      response.writeHead(complete ? 200 : 400, { 'Content-Length': 0 }).end();
    });
  });
  return { port: await listen(server), paths: { bare: '/' }, stop: () => close(server) };
}

/**
 * The service as compose.ts builds it, before a Rancher that knows one receiver. The driver checks each push as
 * serviceUpgrade does and then plans nothing, so what is measured is the way of a delivery up to its answer.
 */
export async function startService(kind: 'durable' | 'without store'): Promise<LoadedServer> {
  const cattle = http.createServer((request, response) => answerAsRancher(request.url ?? '', response));
  const cattlePort = await listen(cattle);
  const rancher = new RancherClient({ url: `http://127.0.0.1:${cattlePort}/v1`, accessKey: 'access', secretKey: 'secret' });
  const driver: Driver = {
    ...serviceUpgrade({ rancher, formats: payloadFormats }),
    plan: () => Promise.resolve({ actions: [] }),
  };
  const ring = createKeyRing(generatePrivateKeyPem(), undefined);
  const tokens = new Tokens(ring);
  const sealed = new SealedValues(ring);
  const lookup = new CachedReceiverLookup(rancher);
  const store = new RancherReceiverStore(rancher, lookup);
  const drivers = createRegistry([driver], ({ definition }) => definition.id);
  const log = createLog();
  const expire = (): void => undefined;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'webhook-service-bench-'));
  const file = path.join(folder, 'deliveries.db');
  const deliveries = kind === 'durable' ? await openSqliteDeliveryStore({ file, log }) : storeOfNothing();
  const engine = new DeliveryEngine({
    store: deliveries,
    drivers,
    receivers: new ReceiverConfirmation((projectId, id) => store.get(projectId, id)),
    observer: {},
    openConfig: ({ definition }, { config: stored, key: receiverKey }) =>
      openStoredConfig(definition, stored, sealed, receiverKey),
    retention: defaultRetention,
    log,
    shared: false,
  });
  await engine.start();
  const management = createManagementApp(
    {
      drivers,
      store,
      authorizer: noAuthorizer,
      sealed,
      triggerUrls: new TriggerUrls({ tokens, style: 'token' }),
      legacy: false,
      deliveries: engine.control,
      eventStreams: new EventStreams(),
      expire,
      schemas: new Schemas([driver.definition], false),
    },
    log,
  );
  const server = createHttpServer({ endpoint: { tokens, lookup, drivers, intake: engine.intake, expire }, management, log });
  const token = tokens.sign({ config, driver: driver.definition.id, projectId: '1a5', uuid: key });
  return {
    port: await listen(server),
    paths: {
      [`key, ${kind}`]: `/v1-webhooks/endpoint?key=${key}&projectId=1a5`,
      [`token, ${kind}`]: `/v1-webhooks/endpoint?token=${token}`,
    },
    async stop() {
      await close(server);
      await engine.stop();
      await deliveries.close();
      await rm(folder, { recursive: true });
      rancher.close();
      await close(cattle);
    },
  };
}

/** Forgets everything at once: what the way of a delivery costs without being stored. */
function storeOfNothing(): DeliveryStore {
  let accepted = 0;
  const nothing = { claims: [], held: [], cancelled: [], deleted: 0, full: false };
  return new Proxy({} as DeliveryStore, {
    get: (_target, name) => () =>
      Promise.resolve(name === 'accept' ? { id: `1wd${(accepted += 1)}`, duplicate: false } : nothing),
  });
}

/** The schemas of a project, and one receiver whatever is asked for. */
function answerAsRancher(url: string, response: http.ServerResponse): void {
  const root = `http://127.0.0.1/v2-beta/projects/1a5`;
  const collection = `${url.split('/projects/')[0]}/projects/1a5/genericobjects`;
  const schema = { id: 'genericObject', type: 'schema', links: { collection }, collectionMethods: ['GET', 'POST'] };
  const receiver = {
    id: '1go1',
    type: 'genericObject',
    kind: receiverKind,
    key,
    name: 'bench',
    state: 'active',
    removed: null,
    resourceData: { config, driver: 'serviceUpgrade', url: `${root}/hook` },
  };
  const data = url.includes('/schemas') ? [schema] : [receiver];
  response.writeHead(200, { 'Content-Type': 'application/json', 'X-API-Schemas': `${root}/schemas` });
  response.end(JSON.stringify({ type: 'collection', data, pagination: { next: null } }));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
