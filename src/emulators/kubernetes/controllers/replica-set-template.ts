import crypto from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type JsonMap, type KubernetesObject, mapAt } from '../objects/kubernetes-object.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';
/** Of what a real server's hashes consist: nothing that could spell a word. */
const hashAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
/** Annotations of a Deployment that are not its ReplicaSets'. */
const ownAnnotations = new Set(['kubectl.kubernetes.io/last-applied-configuration', revisionAnnotation]);

/** A ReplicaSet for the Deployment's template, still without pods. @param others the ReplicaSets that it has. */
export function newReplicaSet(deployment: KubernetesObject, others: readonly KubernetesObject[]): KubernetesObject {
  const template = mapAt(deployment.spec, 'template');
  const { name, namespace = '', uid } = deployment.metadata;
  const isTaken = (hash: string): boolean => others.some(({ metadata }) => metadata.name === `${name}-${hash}`);
  let hash = templateHash(template, 0);
  for (let attempt = 1; isTaken(hash); attempt += 1) hash = templateHash(template, attempt);
  const labels = { ...mapAt(template, 'metadata', 'labels'), [hashLabel]: hash } as Record<string, string>;
  const selector = mapAt(deployment.spec, 'selector');
  const minReadySeconds = deployment.spec?.['minReadySeconds'];
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {},
      generation: 1,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true }],
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...mapAt(selector, 'matchLabels'), [hashLabel]: hash } },
      template: { ...structuredClone(template), metadata: { ...mapAt(template, 'metadata'), labels } },
    },
    status: { replicas: 0 },
  };
}

/** True if the ReplicaSet was made for the template that the Deployment has now. */
export function isSameTemplate(replicaSet: KubernetesObject, deployment: KubernetesObject): boolean {
  const template = mapAt(replicaSet.spec, 'template');
  const { [hashLabel]: _hash, ...labels } = mapAt(template, 'metadata', 'labels');
  const plain = { ...template, metadata: { ...mapAt(template, 'metadata'), labels } };
  return isDeepStrictEqual(plain, mapAt(deployment.spec, 'template'));
}

/** The ReplicaSet of the current template has the Deployment's annotations, its `minReadySeconds` and its revision. */
export function annotateReplicaSet(
  replicaSet: KubernetesObject,
  deployment: KubernetesObject,
  revision: string,
): KubernetesObject {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !ownAnnotations.has(name));
  const annotations = { ...replicaSet.metadata.annotations, ...Object.fromEntries(inherited), [revisionAnnotation]: revision };
  const minReadySeconds = deployment.spec?.['minReadySeconds'];
  const { minReadySeconds: _former, ...spec } = replicaSet.spec ?? {};
  return {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...spec, ...(minReadySeconds !== undefined && { minReadySeconds }) },
  };
}

export function revisionOf({ metadata }: KubernetesObject): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

/** The same for the same template. @param attempt another one each time. */
export function templateHash(template: JsonMap, attempt: number): string {
  const text = `${canonical(template)}${attempt === 0 ? '' : attempt}`;
  const digest = crypto.createHash('sha256').update(text).digest();
  return [...digest.subarray(0, 10)].map((byte) => hashAlphabet.charAt(byte % hashAlphabet.length)).join('');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
