import crypto from 'node:crypto';
import { admitPod, qosClass } from '../defaults/admit-pod.ts';
import { type JsonMap, type KubernetesObject, mapAt, type OwnerReference, timestamp } from '../objects/kubernetes-object.ts';

const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

export interface PodExtras {
  /** Made up from the owner's if absent. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What differs from the template's spec. */
  readonly spec?: JsonMap;
}

/** A pod of its owner's template, still to be stored. */
export function podFromTemplate(owner: KubernetesObject, template: JsonMap, extras: PodExtras = {}): KubernetesObject {
  const { name, namespace = '' } = owner.metadata;
  const metadata = mapAt(template, 'metadata');
  const spec = admitPod({ enableServiceLinks: true, ...mapAt(template, 'spec'), ...extras.spec });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(metadata as Partial<KubernetesObject['metadata']>),
      name: extras.name ?? `${name}-${suffix()}`,
      generateName: `${name}-`,
      namespace,
      generation: 1,
      labels: { ...(mapAt(metadata, 'labels') as Record<string, string>), ...extras.labels },
      ownerReferences: [ownerReference(owner)],
      uid: '',
      resourceVersion: '',
      creationTimestamp: timestamp(),
    },
    spec,
    status: { phase: 'Pending', qosClass: qosClass(spec) },
  };
}

/** That an object is the owner's, which controls it. */
export function ownerReference({ apiVersion, kind, metadata: { name, uid } }: KubernetesObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** As the API server completes a `generateName`. */
export function suffix(): string {
  return Array.from({ length: 5 }, () => suffixAlphabet.charAt(crypto.randomInt(suffixAlphabet.length))).join('');
}
