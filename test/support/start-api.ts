import type { Authorizer } from '../../src/api/authorization/authorizer.ts';
import { noAuthorizer } from '../../src/api/authorization/no-authorizer.ts';
import { EventStreams } from '../../src/api/deliveries/event-streams.ts';
import { createHttpServer } from '../../src/api/http-server.ts';
import { closeServer, listen } from '../../src/api/listen.ts';
import { createManagementApp } from '../../src/api/management-app.ts';
import { TriggerUrls } from '../../src/api/receivers/trigger-urls.ts';
import { Schemas } from '../../src/api/schemas.ts';
import type { Deliveries } from '../../src/framework/deliveries/deliveries.ts';
import { DeliveryEngine } from '../../src/framework/deliveries/delivery-engine.ts';
import type { DeliveryObserver } from '../../src/framework/deliveries/delivery-observer.ts';
import { defaultRetention } from '../../src/framework/deliveries/retention.ts';
import type { Driver } from '../../src/framework/driver.ts';
import type { KeyRing } from '../../src/framework/key-ring.ts';
import { createLog } from '../../src/framework/log.ts';
import { createRegistry } from '../../src/framework/registry.ts';
import { SealedValues } from '../../src/framework/sealed-values.ts';
import { openStoredConfig } from '../../src/framework/sensitive-fields.ts';
import type { SenderAuthenticity } from '../../src/framework/sender-authenticity/sender-authenticity.ts';
import { Tokens } from '../../src/framework/token.ts';
import { RancherClient } from '../../src/rancher/rancher-client.ts';
import { CachedReceiverLookup } from '../../src/store/cached-receiver-lookup.ts';
import { ExpiredReceivers } from '../../src/store/expired-receivers.ts';
import { RancherReceiverStore } from '../../src/store/rancher-receiver-store.ts';
import { ReceiverConfirmation } from '../../src/store/receiver-confirmation.ts';
import { type FakeRancherServer, serviceKey, startFakeRancher } from './fake-rancher-server.ts';
import { testRing } from './keys.ts';
import { type SendOptions, type Sent, sendRequest } from './send-request.ts';
import { openTemporaryStore } from './temporary-store.ts';
import { testDriver } from './test-drivers.ts';

export interface StartApiOptions {
  readonly drivers?: readonly Driver[];
  readonly ring?: KeyRing;
  readonly authorizer?: (rancher: RancherClient) => Authorizer;
  readonly style?: 'token' | 'key';
  readonly publicUrl?: string;
  readonly legacy?: boolean;
  readonly timeoutMs?: number;
  readonly observer?: DeliveryObserver;
  readonly senders?: SenderAuthenticity;
  /** Take the place of those that are stored. */
  readonly deliveries?: Deliveries;
  readonly eventStreams?: EventStreams;
  /** One that is there already; else it gets its own. */
  readonly rancher?: FakeRancherServer;
}

/** The whole HTTP API in this process, with a fake Rancher behind it. */
export class TestApi {
  readonly url: string;
  readonly rancher: FakeRancherServer;
  readonly tokens: Tokens;
  readonly ignored: string[];
  /** What the service logged. */
  readonly logged: string[];
  readonly stop: () => Promise<void>;

  constructor(parts: Omit<TestApi, 'send' | 'create' | 'trigger' | 'act'>) {
    this.url = parts.url;
    this.rancher = parts.rancher;
    this.tokens = parts.tokens;
    this.ignored = parts.ignored;
    this.logged = parts.logged;
    this.stop = parts.stop;
  }

  send(path: string, options?: SendOptions): Promise<Sent> {
    return sendRequest(this.url, path, options);
  }

  create(body: object | string, options: SendOptions = {}): Promise<Sent> {
    const headers = { 'Content-Type': 'application/json', ...options.headers };
    return this.send('/v1-webhooks/receivers?projectId=1a5', { method: 'POST', body, ...options, headers });
  }

  /** POST to the endpoint; `query` may be the whole URL of a receiver. */
  trigger(query: string, options: SendOptions = {}): Promise<Sent> {
    return this.send(`/v1-webhooks/endpoint?${query.slice(query.indexOf('?') + 1)}`, { method: 'POST', ...options });
  }

  act(id: string, action: string, body?: object): Promise<Sent> {
    return this.send(`/v1-webhooks/receivers/${id}?action=${action}&projectId=1a5`, { method: 'POST', ...(body && { body }) });
  }
}

export async function startApi(options: StartApiOptions = {}): Promise<TestApi> {
  const fake = options.rancher ?? (await startFakeRancher());
  const rancher = new RancherClient({ url: fake.url, ...serviceKey, timeoutMs: options.timeoutMs ?? 5_000 });
  const ring = options.ring ?? testRing();
  const logged: string[] = [];
  const ignored: string[] = [];
  const log = createLog((line) => logged.push(line));
  const lookup = new CachedReceiverLookup(rancher);
  const store = new RancherReceiverStore(rancher, lookup);
  const expired = new ExpiredReceivers(store, (_receiver, error) => log.warn('not deleted', { error }));
  const expire = expired.schedule.bind(expired);
  const tokens = new Tokens(ring);
  const sealed = new SealedValues(ring);
  const drivers = createRegistry(
    options.drivers ?? [testDriver('inline', 'inline'), testDriver('queued', 'queued')],
    (driver) => driver.definition.id,
  );
  const deliveries = await openTemporaryStore();
  const engine = new DeliveryEngine({
    store: deliveries.store,
    drivers,
    receivers: new ReceiverConfirmation((projectId, id) => store.get(projectId, id)),
    observer: { ...options.observer, ignored: (_delivery, reason) => void ignored.push(reason) },
    openConfig: ({ definition }, { config, key }) => openStoredConfig(definition, config, sealed, key),
    retention: defaultRetention,
    ...(options.senders && { senders: options.senders }),
    log,
    shared: false,
  });
  await engine.start();
  const { style = 'token', publicUrl, legacy = false } = options;
  const triggerUrls = new TriggerUrls({ tokens, style, ...(publicUrl !== undefined && { publicUrl }) });
  const schemas = new Schemas(
    drivers.all.map((driver) => driver.definition),
    legacy,
  );
  const authorizer = options.authorizer?.(rancher) ?? noAuthorizer;
  const { intake, control } = engine;
  const { deliveries: managed = control, eventStreams = new EventStreams() } = options;
  const management = createManagementApp(
    { drivers, store, authorizer, sealed, triggerUrls, legacy, expire, schemas, deliveries: managed, eventStreams },
    log,
  );
  const server = createHttpServer({ endpoint: { tokens, lookup, drivers, intake, expire }, management, log });
  const port = await listen(server, '127.0.0.1', 0, '');
  const stop = async (): Promise<void> => {
    eventStreams.close();
    await closeServer(server, 100);
    await engine.stop();
    await deliveries.close();
    expired.stop();
    rancher.close();
    if (!options.rancher) await fake.stop();
  };
  return new TestApi({ url: `http://127.0.0.1:${port}`, rancher: fake, tokens, ignored, logged, stop });
}
