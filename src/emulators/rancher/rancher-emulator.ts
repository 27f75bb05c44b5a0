import { textOf } from '../shared/json-value.ts';
import { close, listen } from '../shared/listening-server.ts';
import { Authenticator } from './auth/authenticator.ts';
import type { Role } from './auth/role.ts';
import { newKey } from './resource/create-rules.ts';
import { EmulatorFaults } from './faults/emulator-faults.ts';
import { createRancherServer } from './http/rancher-server.ts';
import { Subscriptions } from './http/subscriptions.ts';
import { plantAccounts, plantKey, plantKeys, plantResources } from './plant-seed.ts';
import { Clock, type Speed } from './process/clock.ts';
import { processBodies } from './process/process-bodies.ts';
import { ProcessEngine } from './process/process-engine.ts';
import { LogStreams } from './proxy/log-streams.ts';
import { ProxyTokens } from './proxy/proxy-tokens.ts';
import { ServiceRouter } from './proxy/service-router.ts';
import type { RancherSeed, SeedResource } from './rancher-seed.ts';
import { typeNamed, typeOf, typeTable } from './schema/type-table.ts';
import { openResourceFile } from './store/resource-file.ts';
import { ResourceStore } from './store/resource-store.ts';
import { isPresent, type Row } from './store/row.ts';

export interface RancherEmulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Key pair of the service account, which has an owner's rights in every project. */
  readonly accessKey: string;
  readonly secretKey: string;
  /** Resources are planted into an empty store only; keys are added at every start, unless they were revoked. */
  readonly seed?: RancherSeed;
  /** 1, the default, is real time, N is N times faster; `instant` ends every transition before its answer is sent. */
  readonly speed?: Speed;
  /** Keeps the state in `rancher.sqlite` there; without it, in memory. */
  readonly dataDir?: string;
  /** Where `/v1-webhooks/*` is passed on to, without the path. */
  readonly webhookServiceUrl?: string | (() => string | undefined);
  /**
   * Whether a service's label `emulator.target` decides where `/r/…` leads. Default true; false where members are not
   * trusted, since the label lets the emulator's machine send requests anywhere.
   */
  readonly targetLabels?: boolean;
}

/** Who a key pair belongs to. */
export interface RancherIdentity {
  readonly accountId: string;
  /** In the project for an environment key; `service`, `admin` or `user` for an account. */
  readonly role: Role;
  /** Ids of the projects it can enter. */
  readonly projects: readonly string[];
  mayUse(projectId: string): boolean;
}

/** A key without its secret, of which only a hash is kept. */
export interface RancherApiKey {
  readonly id: string;
  readonly publicValue: string;
  readonly accountId: string;
  readonly role: string;
  readonly name: string | null;
  readonly state: string;
  /** Epoch milliseconds. */
  readonly created: number;
}

export interface NewRancherApiKey {
  readonly accountId: string;
  readonly role: string;
  readonly name?: string;
}

/** A running emulator, also usable without HTTP by the program it runs in. */
export interface RancherEmulator {
  /** `http://host:port` */
  readonly url: string;
  /** Things to go wrong on demand. */
  readonly faults: EmulatorFaults;
  /** The stored row, removed ones too; a copy. @throws Error for an unknown type. */
  find(type: string, id: string): Row | undefined;
  /** Copies of the rows of a type that are not removed, of one account or of all. @throws Error for an unknown type. */
  list(type: string, accountId?: string): Row[];
  /** Adds a resource, or puts it in the place of the one with its id. @throws Error as a seed does. */
  plant(resource: SeedResource): void;
  listApiKeys(): RancherApiKey[];
  /** The secret is returned here and never again. A project in `accountId` is made if it is missing. */
  createApiKey(key: NewRancherApiKey): { id: string; publicValue: string; secretValue: string };
  /** @returns false if there is no such active key. */
  revokeApiKey(publicValue: string): boolean;
  authenticate(accessKey: string, secretKey: string): RancherIdentity | undefined;
  /** Where `/r/<project>/<service>` leads. @param service id or name. @param url undefined for nowhere. */
  setServiceTarget(service: string, url: string | undefined): void;
  /** Called with a copy of every row that changes. @returns a function that ends it. */
  onChange(listener: (row: Row) => void): () => void;
  /** Stops timers and connections and closes the file. */
  stop(): Promise<void>;
}

/**
 * Starts a Rancher 1.6 API (Cattle) of its own: schemas, accounts and keys, stacks, services with their containers and
 * upgrades, hosts, receivers' generic objects, and the proxies `/r/…` and `/v1-webhooks/…`. Faults on demand: see
 * `EmulatorFaults`; over HTTP they are at `/_faults`.
 *
 * @throws the socket's error (EADDRINUSE…), RangeError for a bad speed, Error for a seed that does not fit.
 */
export async function startRancherEmulator(options: RancherEmulatorOptions): Promise<RancherEmulator> {
  const clock = new Clock(options.speed ?? 1);
  const store = new ResourceStore(options.dataDir === undefined ? undefined : await openResourceFile(options.dataDir));
  try {
    return await start(options, clock, store);
  } catch (error) {
    clock.stop();
    store.close();
    throw error;
  }
}

async function start(options: RancherEmulatorOptions, clock: Clock, store: ResourceStore): Promise<RancherEmulator> {
  const isFresh = store.isEmpty;
  plantAccounts(store);
  if (isFresh) plantResources(store, options.seed ?? {});
  plantKeys(store, options.seed ?? {});
  store.flush();
  const faults = new EmulatorFaults();
  const engine = new ProcessEngine(store, clock, processBodies, faults.processes);
  const authenticator = new Authenticator(store, options.accessKey, options.secretKey);
  const tokens = new ProxyTokens();
  const router = new ServiceRouter(store, options.targetLabels ?? true);
  const subscriptions = new Subscriptions(store, clock);
  const { webhookServiceUrl } = options;
  const parts = {
    context: { store, engine, issueProxyToken: (target: Parameters<ProxyTokens['issue']>[0]) => tokens.issue(target) },
    authenticator,
    faults,
    router,
    tokens,
    webhookServiceUrl: typeof webhookServiceUrl === 'function' ? webhookServiceUrl : () => webhookServiceUrl,
  };
  let url = '';
  const server = createRancherServer(parts, { subscriptions, streams: new LogStreams(tokens) }, () => url);
  url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  engine.resume([...typeTable.values()].filter((type) => type.id === type.base).flatMap((type) => [...store.rows(type)]));
  return {
    url,
    faults,
    ...directAccess(store, engine, authenticator),
    setServiceTarget: (service, target) => router.setTarget(service, target),
    async stop() {
      clock.stop();
      subscriptions.close();
      await close(server);
      store.close();
    },
  };
}

type DirectAccess = Pick<
  RancherEmulator,
  'find' | 'list' | 'plant' | 'listApiKeys' | 'createApiKey' | 'revokeApiKey' | 'authenticate' | 'onChange'
>;

function directAccess(store: ResourceStore, engine: ProcessEngine, authenticator: Authenticator): DirectAccess {
  const named = (name: string): ReturnType<typeof typeOf> => typeNamed(name) ?? typeOf(name);
  return {
    find(type, id) {
      const row = store.find(named(type), id);
      return row && structuredClone(row);
    },
    list(type, accountId) {
      const rows = [...store.rows(named(type))].filter(
        (row) => isPresent(row) && (accountId === undefined || row.accountId === accountId),
      );
      return structuredClone(rows);
    },
    plant(resource) {
      plantResources(store, { resources: [resource] });
      store.flush();
    },
    listApiKeys: () => store.filter('apiKey', () => true).map(describeKey),
    createApiKey({ accountId, role, name }) {
      const key = newKey();
      const row = plantKey(store, { ...key, accountId, role, ...(name === undefined ? {} : { name }) });
      store.flush();
      return { id: row.id, ...key };
    },
    revokeApiKey(publicValue) {
      const key = store.where('apiKey', 'publicValue', publicValue)[0];
      if (!key || !engine.start(key, 'remove')) return false;
      store.flush();
      return true;
    },
    authenticate(accessKey, secretKey) {
      const principal = authenticator.authenticate(accessKey, secretKey);
      if (!principal) return undefined;
      return {
        accountId: principal.account.id,
        role: principal.role,
        projects: authenticator.projectsOf(principal),
        mayUse: (projectId) => authenticator.roleIn(principal, projectId) !== undefined,
      };
    },
    onChange: (listener) => store.onChange((row) => listener(structuredClone(row))),
  };
}

function describeKey(key: Row): RancherApiKey {
  return {
    id: key.id,
    publicValue: textOf(key.fields['publicValue']),
    accountId: key.accountId ?? '',
    role: textOf(key.hidden['role']),
    name: key.name,
    state: key.state,
    created: key.created,
  };
}
