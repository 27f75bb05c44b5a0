import { expect } from 'chai';
import { assert, asyncProperty, constantFrom, jsonValue, nat, oneof } from 'fast-check';
import { faultOf } from '../../../src/drivers/kubernetes/cluster/check-object.ts';
import type { KubernetesCluster, KubernetesKind } from '../../../src/drivers/kubernetes/cluster/kubernetes-clusters.ts';
import type { Pod, Workload } from '../../../src/drivers/kubernetes/cluster/kubernetes-objects.ts';
import { plan } from '../../../src/drivers/kubernetes/plan.ts';
import { RolloutJudge } from '../../../src/drivers/kubernetes/rollout/rollout-judge.ts';
import type { Delivery } from '../../../src/framework/driver.ts';
import { ServiceError } from '../../../src/framework/errors.ts';
import { deliveryOf, deliveryRequest } from '../../support/run-driver.ts';

const labels = { app: 'web', color: 'blue' };
const wrote = { at: 5, images: [{ container: 'web', from: 'acme/web:0', to: 'acme/web:1' }] };
const annotations = {
  'webhook-service/wrote': JSON.stringify(wrote),
  'webhook-service/kept': JSON.stringify({ action: 'a', until: 9 }),
  'webhook-service/blue-green': JSON.stringify({ label: 'color', former: 'green', madeFrom: 'x' }),
  'webhook-service/action': 'a',
};
const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7', generation: 2, labels, annotations };
const container = { name: 'web', image: 'acme/web:1', imagePullPolicy: 'Always' };
const conditions = [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', lastUpdateTime: 'now' }];
const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };

/** One object of each kind, as a server gives it out. */
const valid: Readonly<Partial<Record<KubernetesKind, object>>> = {
  deployment: {
    metadata,
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 9,
      selector: { matchLabels: labels, matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: { metadata: { labels }, spec: { initContainers: [container], containers: [container] } },
    },
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1, conditions },
  },
  replicaSet: { metadata: { ...metadata, ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'u', controller: true }] } },
  service: { metadata, spec: { type: 'ClusterIP', selector: labels } },
  podDisruptionBudget: { metadata, spec: { selector: { matchLabels: { app: 'web' } } } },
  horizontalPodAutoscaler: { metadata, spec: { scaleTargetRef: { kind: 'Deployment', name: 'other' } } },
  pod: {
    metadata,
    spec: { containers: [container] },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' }],
      containerStatuses: [{ name: 'web', ready: false, restartCount: 1, state: { waiting } }],
      initContainerStatuses: [{ name: 'web', ready: false, state: { terminated: { reason: 'Error', exitCode: 1 } } }],
    },
  },
};

type Place = { readonly holder: Record<string, unknown>; readonly name: string };

/** Every node below a value, whatever holds it. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesIn(holder[name])]);
}

describe('objects that a server made up', () => {
  const { signal } = new AbortController();
  const events = [{ registry: 'docker.io', repository: 'acme/web', tag: '2', image: 'acme/web:2' }];
  const delivery: Delivery = deliveryOf(deliveryRequest(), events);

  const clusterOf = (objects: Readonly<Partial<Record<KubernetesKind, object>>>): KubernetesCluster => {
    const object = (kind: KubernetesKind): unknown => {
      const found = objects[kind];
      const fault = found && faultOf(kind, found);
      if (fault !== undefined) throw new ServiceError('Unavailable', fault);
      return found;
    };
    const cluster = {
      name: 'main',
      get: async (kind: KubernetesKind, _: string, name: string) => (name.endsWith('-green') ? undefined : object(kind)),
      list: async (kind: KubernetesKind) => ({ items: kind === 'service' ? [] : [object(kind)], resourceVersion: '1' }),
    };
    return cluster as unknown as KubernetesCluster;
  };
  const planOf = (objects: Parameters<typeof clusterOf>[0], config: object): Promise<unknown> => {
    const connection = clusterOf(objects);
    return plan({ connect: async () => connection }, delivery, { namespace: 'shop', name: 'web', ...config }, signal);
  };
  const judge = ({ deployment = {}, pod = {} }: Parameters<typeof clusterOf>[0], kind: 'deployment' | 'statefulSet'): unknown => {
    if (faultOf(kind, deployment) !== undefined || faultOf('pod', pod) !== undefined) return undefined;
    const written: Workload = deployment;
    const pods: Pod[] = [pod];
    return new RolloutJudge({ kind, written, graceMs: 0 }, 0).judge(written, pods, 100_000);
  };

  it('are planned by where they are whole', async () => {
    expect(await planOf(valid, {}))
      .to.have.property('actions')
      .with.lengthOf(1);
    expect(await planOf(valid, { strategy: 'blueGreen', service: 'web' }))
      .to.have.property('actions')
      .with.lengthOf(1);
  });

  it('make nothing but refusals where any part of them is something else', async () => {
    const junk = oneof(
      constantFrom(null, '', 0, -1, 1.5, 1e300, true, [], {}, 'constructor', '__proto__', [null], { constructor: 1 }),
      jsonValue(),
      constantFrom('null', '{}', '[]', '{"at":1e300,"images":[]}', '{"action":"a","until":1e300,"back":5}'),
    );
    const kinds = Object.keys(valid) as KubernetesKind[];
    await assert(
      asyncProperty(constantFrom(...kinds), nat(), junk, async (kind, index, value) => {
        const objects = structuredClone(valid);
        const places = placesIn(objects[kind]);
        const place = places[index % places.length];
        if (place !== undefined) place.holder[place.name] = value;
        for (const config of [{}, { strategy: 'blueGreen', service: 'web' }, { strategy: 'rollingUpdate', maxSurge: '1' }]) {
          const thrown: unknown = await planOf(objects, config).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (thrown !== undefined) expect(thrown).to.be.instanceOf(ServiceError);
        }
        for (const each of ['deployment', 'statefulSet'] as const) judge(objects, each);
      }),
      { numRuns: 3_000 },
    );
  });
});
