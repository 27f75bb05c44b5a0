import type { Controller, ControllerParts } from './controller.ts';
import type { Report } from '../events/event-correlation.ts';
import { type JsonMap, type KubernetesObject, listAt, mapAt, numberOr, timestamp } from '../objects/kubernetes-object.ts';
import { podFromTemplate } from './owned-pods.ts';
import { isReady, isTerminating } from '../kubelet/pod-availability.ts';
import { PodControl } from './pod-control.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const pods = typeOfKind('Pod');
const jobs = typeOfKind('Job');
const component = 'job-controller';
/** How long a failed pod is waited upon before the next one, doubled each time. */
const backOffMs = 10_000;
const longestBackOffMs = 600_000;

/** Runs the pods of Jobs until enough of them ended well, or too many did not. */
export class JobController implements Controller {
  readonly #parts: ControllerParts;
  readonly #podControl: PodControl;
  /** Failures after which the next pod was already waited for. */
  readonly #waited = new Map<string, number>();

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#podControl = new PodControl(parts, component);
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const job = store.find(jobs, namespace, name);
    if (!job || job.metadata.deletionTimestamp !== undefined) return;
    if (endOf(job)) return this.#expire(job);
    const all = store.ownedOf(pods, job);
    const succeeded = ofPhase(all, 'Succeeded');
    const failed = ofPhase(all, 'Failed');
    const active = all.filter((pod) => !isTerminating(pod) && !succeeded.includes(pod) && !failed.includes(pod));
    const wanted = numberOr(job.spec?.['completions'], 1);
    const isDone = succeeded.length >= wanted;
    const isLost = failed.length > numberOr(job.spec?.['backoffLimit'], 6);
    if (isDone || isLost || job.spec?.['suspend'] === true) for (const pod of active) this.#podControl.delete(job, pod);
    else this.#startPods(job, active.length, wanted - succeeded.length, failed.length);
    this.#writeStatus(job, isDone, isLost);
  }

  forget({ metadata }: KubernetesObject): void {
    this.#waited.delete(metadata.uid);
  }

  #startPods(job: KubernetesObject, active: number, missing: number, failures: number): void {
    const { namespace = '', name, uid } = job.metadata;
    if (failures > 0 && active === 0 && this.#waited.get(uid) !== failures) {
      this.#waited.set(uid, failures);
      return this.#parts.lookAgain(namespace, name, Math.min(backOffMs * 2 ** (failures - 1), longestBackOffMs));
    }
    const room = Math.min(numberOr(job.spec?.['parallelism'], 1), missing) - active;
    for (let count = 0; count < room; count += 1) this.#podControl.create(job, podFromTemplate(job, mapAt(job.spec, 'template')));
    return undefined;
  }

  #writeStatus({ metadata }: KubernetesObject, isDone: boolean, isLost: boolean): void {
    const { store } = this.#parts;
    const job = store.find(jobs, metadata.namespace ?? '', metadata.name);
    if (!job) return;
    const all = store.ownedOf(pods, job);
    const [succeeded, failed] = [ofPhase(all, 'Succeeded').length, ofPhase(all, 'Failed').length];
    const living = all.filter((pod) => !isTerminating(pod));
    const active = living.length - succeeded - failed;
    const now = timestamp();
    const isSuspended = job.spec?.['suspend'] === true;
    const conditions = isDone ? complete(now) : isLost ? lost(now) : isSuspended ? suspended(now) : [];
    const startTime = job.status?.['startTime'] ?? (isSuspended ? undefined : now);
    const status: JsonMap = {
      ...(conditions.length > 0 && { conditions: keep(job, conditions) }),
      ...(startTime !== undefined && { startTime }),
      ...(isDone && { completionTime: now }),
      ...(active > 0 && { active }),
      ...(succeeded > 0 && { succeeded }),
      ...(failed > 0 && { failed }),
      terminating: all.length - living.length,
      uncountedTerminatedPods: {},
      ready: living.filter(isReady).length,
    };
    store.replace(jobs, { ...job, status });
    this.#reportTurn(job, status);
  }

  /** What a Job has come to, once each time. */
  #reportTurn(job: KubernetesObject, status: JsonMap): void {
    const [before, now] = [turnOf(job.status), turnOf(status)];
    if (before === now) return;
    const report = now === undefined ? resumed : turns[now];
    if (report) this.#parts.events.report(job, { component, ...report });
  }

  /** Removes a Job whose time after its end is over. */
  #expire(job: KubernetesObject): void {
    const { lookAgain, removal } = this.#parts;
    const ttl = job.spec?.['ttlSecondsAfterFinished'];
    if (typeof ttl !== 'number') return;
    const { namespace = '', name, uid } = job.metadata;
    if (this.#waited.get(uid) === -1) return removal.remove(jobs, job);
    this.#waited.set(uid, -1);
    lookAgain(namespace, name, ttl * 1000);
  }
}

type Turn = Pick<Report, 'type' | 'reason' | 'message'>;

const resumed: Turn = { type: 'Normal', reason: 'Resumed', message: 'Job resumed' };
const turns: Readonly<Record<string, Turn>> = {
  Complete: { type: 'Normal', reason: 'Completed', message: 'Job completed' },
  Failed: { type: 'Warning', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
  Suspended: { type: 'Normal', reason: 'Suspended', message: 'Job suspended' },
};

function turnOf(status: JsonMap | undefined): string | undefined {
  const types = listAt(status, 'conditions').map(({ type }) => String(type));
  return types.find((type) => Object.hasOwn(turns, type));
}

/** The condition that ended a Job, if it has ended. */
export function endOf({ status }: KubernetesObject): JsonMap | undefined {
  return listAt(status, 'conditions').find(
    (condition) => (condition['type'] === 'Complete' || condition['type'] === 'Failed') && condition['status'] === 'True',
  );
}

function ofPhase(all: readonly KubernetesObject[], phase: string): KubernetesObject[] {
  return all.filter(({ status }) => status?.['phase'] === phase);
}

function complete(now: string): JsonMap[] {
  const why = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
  return ['SuccessCriteriaMet', 'Complete'].map((type) => condition(type, why, now));
}

function lost(now: string): JsonMap[] {
  const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  return ['FailureTarget', 'Failed'].map((type) => condition(type, why, now));
}

function suspended(now: string): JsonMap[] {
  return [condition('Suspended', { reason: 'JobSuspended', message: 'Job suspended' }, now)];
}

function condition(type: string, why: JsonMap, now: string): JsonMap {
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, ...why };
}

/** A condition that is there already keeps its time. */
function keep(job: KubernetesObject, conditions: readonly JsonMap[]): JsonMap[] {
  const before = listAt(job.status, 'conditions');
  return conditions.map((each) => before.find(({ type }) => type === each['type']) ?? each);
}
