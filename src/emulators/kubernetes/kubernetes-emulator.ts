import crypto from 'node:crypto';
import http from 'node:http';
import { close, listen } from '../shared/listening-server.ts';
import { AccessControl, type EmulatorUser, tokenPrefix } from './http/access-control.ts';
import type { ApiPath } from './http/api-path.ts';
import { apiVersions, type Release } from './schema/api-versions.ts';
import { Clock, type Speed } from './clock.ts';
import { Controllers } from './controllers/controllers.ts';
import { EmulatorFaults } from './emulator-faults.ts';
import { isMap, type KubernetesObject, mapAt, textOr } from './objects/kubernetes-object.ts';
import { ObjectStore } from './objects/object-store.ts';
import { openObjectFile } from './objects/object-file.ts';
import { ObjectWrites } from './objects/object-writes.ts';
import { type LoggedRequest, RequestHandler } from './http/request-handler.ts';
import { type ResourceType, resourceTypes, typeOfKind } from './schema/resource-types.ts';

export interface KubernetesEmulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The bearer token that clients send; made up if absent. */
  readonly token?: string;
  /** 1, the default, is real time; `instant`: what a write sets in motion has come to rest when the answer is sent. */
  readonly speed?: Speed;
  /** Created at the start, with the namespaces they need, unless they are there. */
  readonly objects?: readonly object[];
  /** Keeps the state in `kubernetes.sqlite` there; without it, in memory. */
  readonly dataDir?: string;
  /** Whose API groups are served: 1.34, the default, or those of Rancher 1.6's Kubernetes 1.8. */
  readonly release?: Release;
  /** The versions of the API group apps in place of the release's, the preferred one first. */
  readonly appsVersions?: readonly string[];
}

/** A running emulator, also usable without HTTP by the program it runs in. */
export interface KubernetesEmulator {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string;
  readonly faults: EmulatorFaults;
  /** The latest requests, at most a thousand. */
  readonly requests: readonly LoggedRequest[];
  /** A kubeconfig as JSON, which is YAML too. @param token whose; the administrator's if absent. */
  kubeconfig(token?: string): string;
  /** Lets somebody in who may do less than the administrator. @returns the user's token. */
  addUser(user: EmulatorUser): string;
  /** Forgets all past events, so that a watch from any version before is answered 410. */
  forgetEvents(): void;
  /** A copy of an object. @param resource the plural, `deployments`. */
  get(resource: string, namespace: string, name: string): KubernetesObject | undefined;
  list(resource: string, namespace: string): KubernetesObject[];
  /** Called with a copy of every object that changes, Events aside. @returns a function that ends it. */
  onChange(listener: (object: KubernetesObject) => void): () => void;
  stop(): Promise<void>;
}

const maxRequests = 1_000;

/**
 * Starts a small Kubernetes API server of its own: Deployments with their ReplicaSets and pods over time, watches, patches of
 * every type. Images whose tags have a word such as `bad` or `slow5s` fail or crawl; see docs/emulators.md.
 * @throws the socket's error (EADDRINUSE…), StatusError for an object that the API server would not take.
 */
export async function startKubernetesEmulator(options: KubernetesEmulatorOptions = {}): Promise<KubernetesEmulator> {
  const clock = new Clock(options.speed ?? 1);
  const store = new ObjectStore(options.dataDir === undefined ? undefined : await openObjectFile(options.dataDir));
  const controllers = new Controllers(store, clock);
  const faults = new EmulatorFaults();
  const token = options.token ?? crypto.randomBytes(24).toString('hex');
  const access = new AccessControl(token);
  const requests: LoggedRequest[] = [];
  const settle = (): void => clock.settle();
  const log = (request: LoggedRequest): void => {
    requests.push(request);
    if (requests.length > maxRequests) requests.shift();
  };
  controllers.resume();
  plant(store, options.objects ?? []);
  settle();
  const handler = new RequestHandler({
    store,
    controllers,
    faults,
    access,
    served: apiVersions(options.release, options.appsVersions),
    settle,
    log,
  });
  const server = http.createServer((request, response) => void handler.handle(request, response));
  const url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    url,
    token,
    faults,
    requests,
    kubeconfig: (whose = token) => kubeconfig(url, whose),
    addUser: (user) => access.add(user),
    forgetEvents: () => store.forgetEvents(),
    get(resource, namespace, name) {
      const found = store.find(typeNamed(resource), namespace, name);
      return found && structuredClone(found);
    },
    list: (resource, namespace) => structuredClone(store.list(typeNamed(resource), namespace)),
    onChange: (listener) =>
      store.onEvent(({ object, resourceType: { kind } }) => {
        if (kind !== 'Event') listener(structuredClone(object));
      }),
    async stop() {
      controllers.stop();
      clock.stop();
      await close(server);
      store.close();
    },
  };
}

function plant(store: ObjectStore, objects: readonly object[]): void {
  const writes = new ObjectWrites(store);
  const options = { dryRun: false, fieldManager: 'seed', namesManager: true, force: false };
  const createNamespace = (name: string): void => {
    const type = typeOfKind('Namespace');
    if (!store.find(type, '', name))
      writes.create({ type, namespace: '', name: '', subresource: '' }, { metadata: { name } }, options);
  };
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) createNamespace(name);
  const node = typeOfKind('Node');
  const labels = { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux' };
  if (!store.find(node, '', 'node-1'))
    writes.create({ type: node, namespace: '', name: '', subresource: '' }, { metadata: { name: 'node-1', labels } }, options);
  for (const object of objects) {
    if (!isMap(object)) throw new TypeError('an object of a seed must be a JSON object');
    const type = typeOfKind(textOr(object['kind']));
    const namespace = type.namespaced ? textOr(mapAt(object, 'metadata')['namespace'], 'default') : '';
    if (namespace !== '') createNamespace(namespace);
    const path: ApiPath = { type, namespace, name: '', subresource: '' };
    if (!store.find(type, namespace, textOr(mapAt(object, 'metadata')['name']))) writes.create(path, object, options);
  }
}

function typeNamed(resource: string): ResourceType {
  const found = resourceTypes.find((type) => type.resource === resource);
  if (!found) throw new Error(`the emulator has no ${resource}`);
  return found;
}

function kubeconfig(server: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'emulator',
    // client-node refuses plain HTTP without it.
    clusters: [{ name: 'emulator', cluster: { server: server + tokenPrefix + token, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'emulator', user: { token } }],
    contexts: [{ name: 'emulator', context: { cluster: 'emulator', user: 'emulator', namespace: 'default' } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
