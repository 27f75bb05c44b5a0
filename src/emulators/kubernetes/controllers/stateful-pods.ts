import { templateOf } from './controller-revisions.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr, timestamp } from '../objects/kubernetes-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { podFromTemplate } from './owned-pods.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const claims = typeOfKind('PersistentVolumeClaim');

/** Where a pod has the name of its revision. */
export const revisionLabel = 'controller-revision-hash';

/** The pod of an ordinal, in the template of a revision. */
export function statefulPod(set: KubernetesObject, revision: KubernetesObject, ordinal: number): KubernetesObject {
  const name = `${set.metadata.name}-${ordinal}`;
  const template = templateOf(revision);
  const own = claimTemplates(set).map(({ name: volume }) => ({
    name: volume,
    persistentVolumeClaim: { claimName: `${volume}-${name}` },
  }));
  const volumes = listAt(template, 'spec', 'volumes').filter((volume) => own.every((each) => each.name !== volume['name']));
  return podFromTemplate(set, template, {
    name,
    labels: {
      [revisionLabel]: revision.metadata.name,
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
    },
    spec: {
      hostname: name,
      ...(textOr(set.spec?.['serviceName']) !== '' && { subdomain: set.spec?.['serviceName'] }),
      ...(own.length > 0 && { volumes: [...own, ...volumes] }),
    },
  });
}

/**
 * Claims outlive their pods; each is bound at once, as by a provisioner that always has room.
 * @returns the names of those that were not there.
 */
export function createClaims(store: ObjectStore, set: KubernetesObject, ordinal: number): string[] {
  const { namespace = '' } = set.metadata;
  const created: string[] = [];
  for (const { name: volume, spec } of claimTemplates(set)) {
    const name = `${volume}-${set.metadata.name}-${ordinal}`;
    if (store.find(claims, namespace, name)) continue;
    const labels = mapAt(set.spec, 'selector', 'matchLabels') as Record<string, string>;
    store.create(claims, {
      apiVersion: 'v1',
      kind: claims.kind,
      metadata: { name, namespace, labels, uid: '', resourceVersion: '', creationTimestamp: timestamp() },
      spec: { ...structuredClone(spec), volumeName: `pvc-${name}` },
      status: { phase: 'Bound', accessModes: spec['accessModes'], capacity: mapAt(spec, 'resources', 'requests') },
    });
    created.push(name);
  }
  return created;
}

/** What stands behind the last dash of a pod's name; -1 if that is no number. */
export function ordinalOf({ metadata }: KubernetesObject): number {
  const ordinal = /-(\d+)$/.exec(metadata.name)?.[1];
  return ordinal === undefined ? -1 : Number(ordinal);
}

function claimTemplates({ spec }: KubernetesObject): { name: string; spec: JsonMap }[] {
  return listAt(spec, 'volumeClaimTemplates').map((claim) => ({
    name: textOr(mapAt(claim, 'metadata')['name']),
    spec: mapAt(claim, 'spec'),
  }));
}
