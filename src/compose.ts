import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AuthMode, Config, ListenAddress } from './config.ts';
import { createOperationsServer } from './api/operations-server.ts';
import type { Authorizer } from './api/authorization/authorizer.ts';
import { cattleAuthorizer } from './api/authorization/cattle-authorizer.ts';
import { EmbeddedAuthorizer } from './api/authorization/embedded-authorizer.ts';
import { noAuthorizer } from './api/authorization/no-authorizer.ts';
import { RancherAuthorizer } from './api/authorization/rancher-authorizer.ts';
import { EventStreams } from './api/deliveries/event-streams.ts';
import { createHttpServer } from './api/http-server.ts';
import { closeServer, drainServer, listen } from './api/listen.ts';
import { TriggerUrls } from './api/receivers/trigger-urls.ts';
import { Schemas } from './api/schemas.ts';
import { createDrivers } from './drivers/index.ts';
import { createKubernetesClusters } from './drivers/kubernetes/client.ts';
import { createKubernetesAllowance } from './drivers/kubernetes/allow.ts';
import type { EmbeddedRancher } from './embedded-rancher.ts';
import { DeliveryEngine } from './framework/deliveries/delivery-engine.ts';
import type { DeliveryObserver } from './framework/deliveries/delivery-observer.ts';
import { defaultRetention } from './framework/deliveries/retention.ts';
import { createKeyRing, type KeyRing } from './framework/key-ring.ts';
import type { Log } from './framework/log.ts';
import { SealedValues } from './framework/sealed-values.ts';
import { openStoredConfig } from './framework/sensitive-fields.ts';
import { SenderAuthenticity } from './framework/sender-authenticity/sender-authenticity.ts';
import { Tokens } from './framework/token.ts';
import { payloadFormats } from './payloads/index.ts';
import { RancherClient } from './rancher/rancher-client.ts';
import { CachedReceiverLookup } from './store/cached-receiver-lookup.ts';
import { ExpiredReceivers } from './store/expired-receivers.ts';
import { OidcIssuerKeys } from './store/oidc/oidc-issuer-keys.ts';
import { openDeliveryStore } from './store/open-delivery-store.ts';
import { ReceiverConfirmation } from './store/receiver-confirmation.ts';
import { RancherReceiverStore, type ReceiverChanges } from './store/rancher-receiver-store.ts';
import { loadOrCreateTokenKey } from './store/token-key-file.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly log: Log;
  readonly observer: DeliveryObserver;
  /** The option that changes where the service listens, for the message when it cannot. */
  readonly listenOption: string;
  /** The folder for keys and state; asked only where one is needed. */
  readonly dataDirectory: () => string;
}

export interface RunningService {
  readonly url: string;
  /** Of /healthz and /readyz, where they are wanted. */
  readonly operationsUrl: string | undefined;
  /** The embedded Rancher, where there is one. */
  readonly embedded: EmbeddedRancher | undefined;
  /** Stops accepting, lets requests in flight end, and leaves what is under way to the next process. */
  stop(): Promise<void>;
}

/** From how many of the last deliveries receivers are remembered over a restart. */
const rememberedDeliveries = 10_000;
/** For how long connections are given the chance to end by themselves, milliseconds. */
const drainMs = 1_000;
/** How long requests in flight may take to end, milliseconds. */
const stopGraceMs = 4_000;

/** Builds the whole service and starts it; the only place that sees every folder. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const releases: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const release of releases.splice(0).toReversed()) await release();
  };
  try {
    const started = await start(options, (release) => releases.push(release));
    return { ...started, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** @param onStop takes what is to be undone at the end, the last first. */
async function start(
  options: ServiceOptions,
  onStop: (release: () => Promise<void> | void) => void,
): Promise<Omit<RunningService, 'stop'>> {
  const { config, log } = options;
  const { databaseUrl, operationsListen, retention = defaultRetention } = config;
  const keys = await loadKeys(options);
  const embedded = config.embedded ? await startEmbedded(options) : undefined;
  onStop(() => embedded?.stop());
  const cattle = embedded ?? config.cattle;
  if (!cattle) throw new Error('neither a Rancher nor the embedded one is configured');
  const rancher = new RancherClient(cattle);
  onStop(() => rancher.close());
  const lookup = new CachedReceiverLookup(rancher);
  const confirmation = new ReceiverConfirmation((projectId, id) => store.get(projectId, id));
  const waiting: ReceiverChanges = {
    confirmed: (receiver) => engine.receiverChanged(receiver),
    removed: (receiver) => engine.receiverChanged(receiver),
  };
  const store = new RancherReceiverStore(rancher, allOf([lookup, confirmation, waiting]));
  const expired = new ExpiredReceivers(store, (receiver, error) =>
    log.warn('an expired receiver could not be deleted', { id: receiver.id, error }),
  );
  onStop(() => expired.stop());
  const expire = expired.schedule.bind(expired);
  const tokens = new Tokens(keys);
  const sealed = new SealedValues(keys);
  const senders = new SenderAuthenticity({
    keys: new OidcIssuerKeys(),
    ...(config.oidcIssuers && { issuers: config.oidcIssuers }),
  });
  const drivers = createDrivers({
    rancher,
    senders,
    formats: payloadFormats,
    forwardPost: config.forwardPost,
    kubernetes: {
      clusters: createKubernetesClusters({ rancher: cattle, ...(config.kubeconfig && { kubeconfig: config.kubeconfig }) }),
      allow: createKubernetesAllowance({
        ...(config.kubernetesRules && { rules: config.kubernetesRules }),
        ...(embedded && { defaultClusterProjectId: embedded.firstProject }),
      }),
    },
  });
  const deliveryStore = await openDeliveryStore({ ...options, ...(databaseUrl !== undefined && { databaseUrl }) });
  onStop(() => deliveryStore.close());
  lookup.expect(await deliveryStore.recentReceivers(rememberedDeliveries));
  const engine = new DeliveryEngine({
    store: deliveryStore,
    drivers,
    receivers: confirmation,
    observer: options.observer,
    openConfig: ({ definition }, { config: stored, key }) => openStoredConfig(definition, stored, sealed, key),
    retention,
    senders,
    log,
    shared: databaseUrl !== undefined,
  });
  onStop(() => engine.stop());
  const triggerUrls = new TriggerUrls({
    tokens,
    style: config.urlStyle,
    ...(config.publicUrl && { publicUrl: config.publicUrl }),
  });
  const legacy = config.legacySchemas;
  const schemas = new Schemas(
    drivers.all.map((driver) => driver.definition),
    legacy,
  );
  const authorizer = createAuthorizer(config.auth, rancher, embedded);
  const eventStreams = new EventStreams();
  const management = whenAsked(async () => {
    const { createManagementApp } = await import('./api/management-app.ts');
    const deliveries = engine.control;
    return createManagementApp(
      { drivers, store, authorizer, sealed, triggerUrls, legacy, expire, schemas, deliveries, eventStreams },
      log,
    );
  });
  const { intake } = engine;
  let draining = false;
  const server = createHttpServer({
    endpoint: { tokens, lookup, drivers, intake, expire },
    management,
    log,
    draining: () => draining,
  });
  await engine.start();
  const operations = createOperationsServer(() => engine.ready && !draining);
  const operationsUrl = operationsListen && (await listenAt(operations, operationsListen, '--operations-listen HOST:PORT'));
  onStop(() => closeServer(operations, 0));
  const url = await listenAt(server, config.listen, options.listenOption);
  onStop(async () => {
    draining = true;
    eventStreams.close();
    await drainServer(server, drainMs);
    await closeServer(server, stopGraceMs);
  });
  return { url, operationsUrl, embedded };
}

async function listenAt(server: Server, { host, port }: ListenAddress, changeWith: string): Promise<string> {
  return `http://${shownHost(host)}:${await listen(server, host, port, changeWith)}`;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Express is loaded by the first request to the management API: triggers do without it, and without its memory. */
function whenAsked(load: () => Promise<Handler>): (...call: Parameters<Handler>) => Promise<void> {
  let loaded: Promise<Handler> | undefined;
  return async (request, response) => (await (loaded ??= load()))(request, response);
}

/** The emulator is loaded only where it is wanted: beside a real Rancher it would be memory and nothing else. */
async function startEmbedded({ config, dataDirectory }: ServiceOptions): Promise<EmbeddedRancher> {
  const { startEmbeddedRancher } = await import('./embedded-rancher.ts');
  return startEmbeddedRancher(config, dataDirectory());
}

/** Rancher passes its own keys; a service on its own makes one, unless it only has to verify; replicas share one. */
async function loadKeys({ config, dataDirectory }: ServiceOptions): Promise<KeyRing> {
  const { rsaPrivateKey, rsaPublicKey, databaseUrl, secret = '' } = config;
  if (rsaPrivateKey !== undefined || rsaPublicKey !== undefined) return createKeyRing(rsaPrivateKey, rsaPublicKey);
  if (databaseUrl !== undefined) {
    const { loadOrCreateSharedTokenKey } = await import('./store/postgres/shared-token-key.ts');
    return createKeyRing(await loadOrCreateSharedTokenKey({ url: databaseUrl, secret }), undefined);
  }
  return createKeyRing(loadOrCreateTokenKey(dataDirectory()), undefined);
}

function createAuthorizer(auth: AuthMode, rancher: RancherClient, embedded: EmbeddedRancher | undefined): Authorizer {
  const create: Readonly<Record<AuthMode, () => Authorizer>> = {
    cattle: () => cattleAuthorizer,
    rancher: () => new RancherAuthorizer(rancher),
    embedded: () => new EmbeddedAuthorizer((accessKey, secretKey) => embedded?.authenticate(accessKey, secretKey)),
    none: () => noAuthorizer,
  };
  return create[auth]();
}

/** Whoever remembers receivers hears of every change that is made through this process. */
function allOf(listeners: readonly ReceiverChanges[]): ReceiverChanges {
  return {
    confirmed: (receiver) => listeners.forEach((listener) => listener.confirmed(receiver)),
    removed: (receiver) => listeners.forEach((listener) => listener.removed(receiver)),
  };
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
