import type { AuthMode, Config } from './config.ts';
import { createManagementApp } from './api/management-app.ts';
import type { Authorizer } from './api/authorization/authorizer.ts';
import { cattleAuthorizer } from './api/authorization/cattle-authorizer.ts';
import { EmbeddedAuthorizer } from './api/authorization/embedded-authorizer.ts';
import { noAuthorizer } from './api/authorization/no-authorizer.ts';
import { RancherAuthorizer } from './api/authorization/rancher-authorizer.ts';
import { createHttpServer } from './api/http-server.ts';
import { closeServer, listen } from './api/listen.ts';
import { TriggerUrls } from './api/receivers/trigger-urls.ts';
import { Schemas } from './api/schemas.ts';
import { createDrivers } from './drivers/index.ts';
import { createKubernetesClusters } from './drivers/kubernetes/client.ts';
import { createKubernetesAllowance } from './drivers/kubernetes/allow.ts';
import type { EmbeddedRancher } from './embedded-rancher.ts';
import { type DeliveryObserver, Dispatcher } from './framework/dispatcher.ts';
import { createKeyRing, type KeyRing } from './framework/key-ring.ts';
import type { Log } from './framework/log.ts';
import { SealedValues } from './framework/sealed-values.ts';
import { Tokens } from './framework/token.ts';
import { payloadFormats } from './payloads/index.ts';
import { RancherClient } from './rancher/rancher-client.ts';
import { CachedReceiverLookup } from './store/cached-receiver-lookup.ts';
import { ExpiredReceivers } from './store/expired-receivers.ts';
import { RancherReceiverStore } from './store/rancher-receiver-store.ts';
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
  /** The embedded Rancher, where there is one. */
  readonly embedded: EmbeddedRancher | undefined;
  /** Stops accepting, lets requests in flight end, and ends what is under way. */
  stop(): Promise<void>;
}

/** How long requests in flight may take to end, milliseconds. */
const stopGraceMs = 5_000;

/** Builds the whole service and starts it; the only place that sees every folder. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { config, log } = options;
  const keys = loadKeys(options);
  const embedded = config.embedded ? await startEmbedded(options) : undefined;
  const cattle = embedded ?? config.cattle;
  if (!cattle) throw new Error('neither a Rancher nor the embedded one is configured');
  const rancher = new RancherClient(cattle);
  const lookup = new CachedReceiverLookup(rancher);
  const store = new RancherReceiverStore(rancher, lookup);
  const expired = new ExpiredReceivers(store, (receiver, error) =>
    log.warn('an expired receiver could not be deleted', { id: receiver.id, error }),
  );
  const expire = expired.schedule.bind(expired);
  const tokens = new Tokens(keys);
  const sealed = new SealedValues(keys);
  const drivers = createDrivers({
    rancher,
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
  const dispatcher = new Dispatcher(options.observer);
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
  const management = createManagementApp({ drivers, store, authorizer, sealed, triggerUrls, legacy, expire, schemas }, log);
  const server = createHttpServer({ endpoint: { tokens, lookup, drivers, dispatcher, sealed, expire }, management, log });
  const { host, port } = config.listen;
  const stopBehind = async (): Promise<void> => {
    await dispatcher.stop();
    expired.stop();
    rancher.close();
    await embedded?.stop();
  };
  try {
    const actualPort = await listen(server, host, port, options.listenOption);
    const stop = (): Promise<void> => closeServer(server, stopGraceMs).then(stopBehind);
    return { url: `http://${shownHost(host)}:${actualPort}`, embedded, stop };
  } catch (thrown) {
    await stopBehind();
    throw thrown;
  }
}

/** The emulator is loaded only where it is wanted: beside a real Rancher it would be memory and nothing else. */
async function startEmbedded({ config, dataDirectory }: ServiceOptions): Promise<EmbeddedRancher> {
  const { startEmbeddedRancher } = await import('./embedded-rancher.ts');
  return startEmbeddedRancher(config, dataDirectory());
}

/** Rancher passes its own keys; a service on its own makes one, unless it only has to verify. */
function loadKeys({ config, dataDirectory }: ServiceOptions): KeyRing {
  if (config.rsaPrivateKey !== undefined || config.rsaPublicKey !== undefined)
    return createKeyRing(config.rsaPrivateKey, config.rsaPublicKey);
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

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
