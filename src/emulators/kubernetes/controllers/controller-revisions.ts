import { isDeepStrictEqual } from 'node:util';
import { type JsonMap, type KubernetesObject, mapAt, numberOr } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { ownerReference } from './owned-pods.ts';
import { templateHash } from './replica-set-template.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const controllerRevisions = typeOfKind('ControllerRevision');

/** The templates that a StatefulSet or a DaemonSet has had, the oldest first. */
export class ControllerRevisions {
  readonly #store: ObjectStore;
  readonly #hashLabel: string;

  /** @param hashLabel under which a revision has the hash of its template. */
  constructor(store: ObjectStore, hashLabel: string) {
    this.#store = store;
    this.#hashLabel = hashLabel;
  }

  of(owner: KubernetesObject): KubernetesObject[] {
    return this.#store.ownedOf(controllerRevisions, owner).toSorted((a, b) => numberOf(a) - numberOf(b));
  }

  /** The revision of the template that the owner has now; one that was there before is the newest again. */
  current(owner: KubernetesObject): KubernetesObject {
    const all = this.of(owner);
    const newest = all.at(-1);
    const data = dataOf(owner);
    const known = all.findLast((each) => isDeepStrictEqual(each['data'], data));
    if (known && known === newest) return known;
    const revision = newest ? numberOf(newest) + 1 : 1;
    if (known) return this.#store.replace(controllerRevisions, { ...known, revision });
    const hash = this.#freeHash(owner, data);
    return this.#store.create(controllerRevisions, this.#newRevision(owner, data, hash, revision));
  }

  hashOf({ metadata }: KubernetesObject): string {
    return metadata.labels?.[this.#hashLabel] ?? '';
  }

  /** Forgets what is neither in use nor among the newest of the rest. @param inUse names of revisions. */
  truncate(owner: KubernetesObject, inUse: ReadonlySet<string>): void {
    const kept = numberOr(owner.spec?.['revisionHistoryLimit'], 10);
    const idle = this.of(owner).filter(({ metadata }) => !inUse.has(metadata.name));
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - kept)))
      this.#store.delete(controllerRevisions, metadata.namespace ?? '', metadata.name);
  }

  #newRevision(owner: KubernetesObject, data: JsonMap, hash: string, revision: number): KubernetesObject {
    const { name, namespace = '', annotations = {} } = owner.metadata;
    const labels = mapAt(owner.spec, 'template', 'metadata', 'labels') as Record<string, string>;
    const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...shown } = annotations;
    return {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...labels, [this.#hashLabel]: hash },
        ...(Object.keys(shown).length > 0 && { annotations: shown }),
        ownerReferences: [ownerReference(owner)],
        uid: '',
        resourceVersion: '',
        creationTimestamp: '',
      },
      data,
      revision,
    };
  }

  #freeHash(owner: KubernetesObject, data: JsonMap): string {
    const { name, namespace = '' } = owner.metadata;
    for (let attempt = 0; ; attempt += 1) {
      const hash = templateHash(data, attempt);
      if (!this.#store.find(controllerRevisions, namespace, `${name}-${hash}`)) return hash;
    }
  }
}

/** The template of a revision. */
export function templateOf(revision: KubernetesObject): JsonMap {
  const { $patch: _directive, ...template } = mapAt(revision, 'data', 'spec', 'template');
  return template;
}

/** What a revision keeps: a strategic merge patch that brings the template back. */
function dataOf({ spec }: KubernetesObject): JsonMap {
  return { spec: { template: { $patch: 'replace', ...structuredClone(mapAt(spec, 'template')) } } };
}

function numberOf(revision: KubernetesObject): number {
  return numberOr(revision['revision'], 0);
}
