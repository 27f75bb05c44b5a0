import crypto from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ApiPath } from '../http/api-path.ts';
import { checkShape } from '../validation/check-shape.ts';
import { withDefaults } from '../defaults/defaults.ts';
import { jsonPatch, mergePatch } from '../patches/json-patches.ts';
import { initialStatus, withTemplateGeneration } from './initial-status.ts';
import { isMap, type JsonMap, type KubernetesObject, mapAt, textOr, timestamp } from './kubernetes-object.ts';
import { inStoredVersion, inVersionOf } from './object-versions.ts';
import type { ObjectStore } from './object-store.ts';
import { apiVersionOf, typeOfKind } from '../schema/resource-types.ts';
import { ownersAfterUpdate, readManagers, writeManagers, type Writer } from '../patches/field-managers.ts';
import { serverSideApply } from '../patches/server-side-apply.ts';
import { conflict, invalid, notFound, StatusError } from '../http/status-error.ts';
import { withAddresses } from '../controllers/service-addresses.ts';
import { strategicMergePatch } from '../patches/strategic-merge-patch.ts';
import { type FieldValidation, withoutUnknownFields } from '../validation/unknown-fields.ts';
import { validateObject } from '../validation/validate-object.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** False if the manager's name is only guessed from the client's. */
  readonly namesManager: boolean;
  readonly force: boolean;
  /** `Warn` if absent. */
  readonly fieldValidation?: FieldValidation;
  /** Told of what the client is warned of. */
  readonly warn?: (text: string) => void;
}

/** Creates, replaces and patches objects as the API server does: defaults, checks, generation, owners of fields. */
export class ObjectWrites {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  create(path: ApiPath, body: unknown, options: WriteOptions): KubernetesObject {
    const { type, namespace } = path;
    const sent = requireObject(body);
    const given = this.#received(path, sent, options);
    checkShape(type.kind, type.version, given);
    const metadata = mapAt(given, 'metadata');
    const name = typeof metadata['name'] === 'string' ? metadata['name'] : generatedName(textOr(metadata['generateName']));
    if (type.namespaced && namespace === '') throw new StatusError(400, 'the namespace of the object is needed in the path');
    if (type.namespaced && !this.#store.find(typeOfKind('Namespace'), '', namespace))
      throw notFound(typeOfKind('Namespace'), namespace);
    if (type.namespaced && metadata['namespace'] !== undefined && metadata['namespace'] !== namespace) {
      throw new StatusError(400, 'the namespace of the provided object does not match the namespace sent on the request');
    }
    const { resourceVersion: _version, uid: _uid, ...kept } = metadata;
    const { status: _status, ...content } = given;
    const draft = {
      ...content,
      ...initialStatus(type.kind, name, given),
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: {
        ...kept,
        name,
        ...(type.namespaced && { namespace }),
        uid: crypto.randomUUID(),
        ...(type.counted && { generation: 1 }),
      },
    };
    const object = this.#complete(draft as unknown as KubernetesObject);
    this.#check(object, undefined, type);
    // The status is the controllers' from the beginning.
    const { status: _theirs, ...own } = object;
    object.metadata.managedFields ??= writeManagers(ownersAfterUpdate(type.kind, {}, own, [], writerOf(path, options)));
    if (options.dryRun) return { ...object, metadata: { ...object.metadata, creationTimestamp: timestamp() } };
    return this.#store.create(type, object);
  }

  replace(path: ApiPath, body: unknown, options: WriteOptions): KubernetesObject {
    const before = this.#store.require(path.type, path.namespace, path.name);
    return this.#put(path, before, this.#received(path, requireObject(body), options), options);
  }

  /** @param contentType which kind of patch the body is. */
  patch(path: ApiPath, contentType: string, body: unknown, options: WriteOptions): KubernetesObject {
    const before = this.#store.find(path.type, path.namespace, path.name);
    if (contentType === 'application/apply-patch+yaml') return this.#apply(path, before, requireObject(body), options);
    if (!before) throw notFound(path.type, path.name);
    const target = scaleOf(path, before) ?? inVersionOf(path, before);
    const put = (patched: JsonMap): KubernetesObject => this.#put(path, before, this.#received(path, patched, options), options);
    switch (contentType) {
      case 'application/strategic-merge-patch+json':
        return put(strategicMergePatch(path.type.kind, target, requireObject(body)));
      case 'application/merge-patch+json':
        return put(requireObject(mergePatch(target, requireObject(body))));
      case 'application/json-patch+json':
        return put(jsonPatch(target, body));
      default:
        throw new StatusError(415, `the body of the request was in an unknown format - ${contentType}`);
    }
  }

  #received(path: ApiPath, sent: JsonMap, options: WriteOptions): JsonMap {
    return path.subresource === 'scale' ? sent : inStoredVersion(path, this.#decoded(path, sent, options));
  }

  #decoded(path: ApiPath, sent: JsonMap, { fieldValidation = 'Warn', warn = () => undefined }: WriteOptions): JsonMap {
    checkKind(path, sent);
    if (path.subresource !== '') return sent;
    return withoutUnknownFields(path.apiVersion ?? apiVersionOf(path.type), path.type.kind, sent, fieldValidation, warn);
  }

  #apply(path: ApiPath, before: KubernetesObject | undefined, sent: JsonMap, options: WriteOptions): KubernetesObject {
    // Nothing is left out of what is applied: to apply a field that the API does not have is refused.
    const body = inStoredVersion(path, this.#decoded(path, sent, { ...options, fieldValidation: 'Strict' }), false);
    if (!options.namesManager) throw managerRequired();
    const { resourceVersion, managedFields } = mapAt(body, 'metadata');
    if (managedFields !== undefined) throw new StatusError(400, 'metadata.managedFields must be nil');
    if (before && resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw conflict(path.type, path.name);
    const { object, managers } = serverSideApply({
      kind: path.type.kind,
      live: before ?? {},
      managers: readManagers(before?.metadata.managedFields),
      configuration: body,
      writer: { ...writerOf(path, options), operation: 'Apply' },
      force: options.force,
    });
    const metadata = { ...mapAt(object, 'metadata'), name: path.name, managedFields: writeManagers(managers) };
    if (!before) {
      const { apiVersion: _shown, ...stored } = path;
      return this.create(stored, { ...object, metadata }, options);
    }
    return this.#put(path, before, { ...object, metadata }, options, true);
  }

  #put(path: ApiPath, before: KubernetesObject, wanted: JsonMap, options: WriteOptions, applied = false): KubernetesObject {
    const { type, subresource } = path;
    if (subresource !== 'scale') checkShape(type.kind, type.version, wanted);
    const metadata = mapAt(wanted, 'metadata');
    const { resourceVersion, uid } = metadata;
    if (typeof resourceVersion === 'string' && resourceVersion !== '' && resourceVersion !== before.metadata.resourceVersion)
      throw conflict(type, path.name);
    if (typeof uid === 'string' && uid !== '' && uid !== before.metadata.uid) throw conflict(type, path.name);
    const name = textOr(metadata['name']);
    if (name !== '' && name !== path.name)
      throw new StatusError(400, `the name of the object (${name}) does not match the name on the URL (${path.name})`);
    const object = subresource === '' ? wholeObject(before, wanted) : partOf(subresource, before, wanted);
    const after = this.#complete(object, before);
    if (subresource === '') this.#check(after, before, type);
    const specChanged = !isDeepStrictEqual(after.spec, before.spec);
    if (type.counted) after.metadata.generation = (before.metadata.generation ?? 1) + (specChanged ? 1 : 0);
    if (!applied) {
      if (isDeepStrictEqual(withoutOwners(after), withoutOwners(before))) return before;
      const managers = readManagers(before.metadata.managedFields);
      after.metadata.managedFields = writeManagers(
        ownersAfterUpdate(type.kind, before, after, managers, writerOf(path, options)),
      );
    }
    return options.dryRun ? after : this.#store.replace(type, after);
  }

  #complete(object: KubernetesObject, before?: KubernetesObject): KubernetesObject {
    const complete = withDefaults(object);
    if (object.kind === 'Service') return withAddresses(this.#store, complete, before);
    return object.kind === 'DaemonSet' ? withTemplateGeneration(complete, before) : complete;
  }

  #check(object: KubernetesObject, before: KubernetesObject | undefined, type: ApiPath['type']): void {
    const causes = validateObject(object, before);
    if (causes.length > 0) throw invalid(type, object.metadata.name, causes);
  }
}

/** The status is written by its own path alone, and identity not at all. */
function wholeObject(before: KubernetesObject, wanted: JsonMap): KubernetesObject {
  const { uid, creationTimestamp, resourceVersion, namespace, name } = before.metadata;
  const metadata = {
    ...mapAt(wanted, 'metadata'),
    uid,
    creationTimestamp,
    resourceVersion,
    name,
    ...(namespace !== undefined && { namespace }),
  };
  const { status: _status, ...rest } = wanted;
  return {
    ...rest,
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata,
    ...(before.status && { status: before.status }),
  };
}

function partOf(subresource: string, before: KubernetesObject, wanted: JsonMap): KubernetesObject {
  if (subresource === 'status') return { ...before, metadata: { ...before.metadata }, status: mapAt(wanted, 'status') };
  const replicas = mapAt(wanted, 'spec')['replicas'];
  if (typeof replicas !== 'number' || replicas < 0)
    throw new StatusError(422, 'spec.replicas: Invalid value: must be greater than or equal to 0');
  return { ...before, metadata: { ...before.metadata }, spec: { ...before.spec, replicas } };
}

/** The object of the `scale` subresource. */
export function scaleOf({ subresource }: ApiPath, { metadata, spec, status }: KubernetesObject): JsonMap | undefined {
  if (subresource !== 'scale') return undefined;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const labels = Object.entries(mapAt(spec, 'selector', 'matchLabels')).map(([label, value]) => `${label}=${String(value)}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec?.['replicas'] ?? 0 },
    status: { replicas: status?.['replicas'] ?? 0, selector: labels.join(',') },
  };
}

function generatedName(prefix: string): string {
  return prefix === '' ? '' : `${prefix}${crypto.randomBytes(3).toString('hex').slice(0, 5)}`;
}

function checkKind({ type, apiVersion, subresource }: ApiPath, sent: JsonMap): void {
  if (subresource === 'scale') return;
  const version = apiVersion ?? apiVersionOf(type);
  const { kind = type.kind, apiVersion: found = version } = sent;
  if (kind !== type.kind) {
    const name = typeof kind === 'string' ? kind : 'object';
    const text = `converting (${name}) to (${type.kind}): unknown conversion`;
    throw new StatusError(400, `${name} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${text}`);
  }
  if (found !== version) {
    const name = typeof found === 'string' ? found : 'object';
    throw new StatusError(400, `the API version in the data (${name}) does not match the expected API version (${version})`);
  }
}

function requireObject(body: unknown): JsonMap {
  if (!isMap(body)) throw new StatusError(400, 'the body of the request must be a JSON object');
  return body;
}

function withoutOwners(object: KubernetesObject): unknown {
  const { managedFields: _owners, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function writerOf({ type, subresource }: ApiPath, { fieldManager }: WriteOptions): Writer {
  return { manager: fieldManager, operation: 'Update', subresource, apiVersion: apiVersionOf(type) };
}

function managerRequired(): StatusError {
  const cause = { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' };
  const message = `PatchOptions.meta.k8s.io "" is invalid: ${cause.field}: ${cause.message}`;
  return new StatusError(422, message, { group: 'meta.k8s.io', kind: 'PatchOptions', causes: [cause] });
}
