import type { Report } from '../events/event-correlation.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, textOr } from '../objects/kubernetes-object.ts';

const imagesKept = 1_000;

/** The Events of pods: what the scheduler and the kubelets tell of them. */
export class KubeletReports {
  readonly #events: EventRecorder;
  /** Which images which nodes have pulled, the oldest first. */
  readonly #images = new Set<string>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  scheduled(pod: KubernetesObject, node: string): void {
    const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`;
    this.#events.reportAction(pod, 'Binding', { component: 'default-scheduler', type: 'Normal', reason: 'Scheduled', message });
  }

  unschedulable(pod: KubernetesObject, message: string): void {
    const report: Report = { component: 'default-scheduler', type: 'Warning', reason: 'FailedScheduling', message };
    this.#events.reportAction(pod, 'Scheduling', report);
  }

  /** A container has its image and runs, for the first time or once more. */
  started(pod: KubernetesObject, container: JsonMap): void {
    const { name, image, imagePullPolicy } = container;
    const quoted = JSON.stringify(image);
    const say = (reason: string, message: string): void => this.#say(pod, container, 'Normal', reason, message);
    if (this.#pull(`${nodeOf(pod)} ${textOr(image)}`) && imagePullPolicy !== 'Always')
      say('Pulled', `Container image ${quoted} already present on machine`);
    else {
      say('Pulling', `Pulling image ${quoted}`);
      say('Pulled', `Successfully pulled image ${quoted}`);
    }
    say('Created', `Created container: ${textOr(name)}`);
    say('Started', `Started container ${textOr(name)}`);
  }

  pullFailed(pod: KubernetesObject, container: JsonMap): void {
    const image = JSON.stringify(container['image']);
    this.#say(pod, container, 'Normal', 'Pulling', `Pulling image ${image}`);
    const why = `failed to resolve reference ${image}: not found`;
    this.#say(pod, container, 'Warning', 'Failed', `Failed to pull image ${image}: ${why}`);
    this.#say(pod, container, 'Warning', 'Failed', 'Error: ErrImagePull');
  }

  pullBackedOff(pod: KubernetesObject, container: JsonMap): void {
    this.#say(pod, container, 'Normal', 'BackOff', `Back-off pulling image ${JSON.stringify(container['image'])}`);
    this.#say(pod, container, 'Warning', 'Failed', 'Error: ImagePullBackOff');
  }

  restartBackedOff(pod: KubernetesObject, container: JsonMap): void {
    const { name, namespace, uid } = pod.metadata;
    const message = `Back-off restarting failed container ${textOr(container['name'])} in pod ${name}_${namespace}(${uid})`;
    this.#say(pod, container, 'Warning', 'BackOff', message);
  }

  unready(pod: KubernetesObject, container: JsonMap): void {
    const message = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
    this.#say(pod, container, 'Warning', 'Unhealthy', message);
  }

  /** To be called with a pod that is on its way out. */
  killing(pod: KubernetesObject): void {
    const running = listAt(pod.status, 'containerStatuses').filter((each) => mapAt(each, 'state')['running'] !== undefined);
    for (const { name } of running) this.#say(pod, { name }, 'Normal', 'Killing', `Stopping container ${textOr(name)}`);
  }

  /** @returns true if it was there already. */
  #pull(image: string): boolean {
    const isThere = this.#images.has(image);
    this.#images.add(image);
    const [oldest = ''] = this.#images;
    if (this.#images.size > imagesKept) this.#images.delete(oldest);
    return isThere;
  }

  #say(pod: KubernetesObject, { name }: JsonMap, type: Report['type'], reason: string, message: string): void {
    const list = listAt(pod.spec, 'initContainers').some((each) => each['name'] === name) ? 'initContainers' : 'containers';
    const fieldPath = `spec.${list}{${textOr(name)}}`;
    this.#events.report(pod, { component: 'kubelet', host: nodeOf(pod), type, reason, message, fieldPath });
  }
}

function nodeOf({ spec }: KubernetesObject): string {
  return textOr(spec?.['nodeName']);
}
