import crypto from 'node:crypto';
import type { Controller, ControllerParts } from './controller.ts';
import { nextTime } from './cron-schedule.ts';
import { endOf } from './job-controller.ts';
import { type KubernetesObject, listAt, mapAt, numberOr, textOr, timestamp } from '../objects/kubernetes-object.ts';
import { withDefaults } from '../defaults/defaults.ts';
import { ownerReference } from './owned-pods.ts';
import { typeOfKind } from '../schema/resource-types.ts';

const cronJobs = typeOfKind('CronJob');
const jobs = typeOfKind('Job');
const component = 'cronjob-controller';
const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Starts the Jobs of CronJobs when they are due, by UTC, and removes old ones. */
export class CronJobController implements Controller {
  readonly #parts: ControllerParts;
  readonly #startedMs = Date.now();
  /** When each is due, and how to cancel it. */
  readonly #due = new Map<string, { readonly atMs: number; cancel(): void }>();

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  reconcile(namespace: string, name: string): void {
    const { store } = this.#parts;
    const cronJob = store.find(cronJobs, namespace, name);
    if (!cronJob || cronJob.metadata.deletionTimestamp !== undefined) return;
    this.#writeStatus(cronJob);
    this.#removeOld(cronJob);
    this.#schedule(cronJob);
  }

  forget({ metadata }: KubernetesObject): void {
    this.#due.get(metadata.uid)?.cancel();
    this.#due.delete(metadata.uid);
  }

  #nowMs(): number {
    return this.#startedMs + this.#parts.clock.now();
  }

  #schedule(cronJob: KubernetesObject): void {
    const { uid, namespace = '', name } = cronJob.metadata;
    const planned = this.#due.get(uid);
    const atMs = cronJob.spec?.['suspend'] === true ? undefined : nextTime(textOr(cronJob.spec?.['schedule']), this.#nowMs());
    if (planned?.atMs === atMs) return;
    planned?.cancel();
    this.#due.delete(uid);
    if (atMs === undefined) return;
    // In real time where the speed is instant, or it would never come to rest.
    const cancel = this.#parts.clock.again(atMs - this.#nowMs(), () => {
      this.#due.delete(uid);
      const found = this.#parts.store.find(cronJobs, namespace, name);
      if (found && this.#nowMs() >= atMs - 1) this.#run(found, atMs);
      this.reconcile(namespace, name);
    });
    this.#due.set(uid, { atMs, cancel });
  }

  #run(cronJob: KubernetesObject, atMs: number): void {
    const { store } = this.#parts;
    const running = store.ownedOf(jobs, cronJob).filter((job) => isScheduled(job) && !endOf(job));
    const policy = cronJob.spec?.['concurrencyPolicy'];
    if (policy === 'Forbid' && running.length > 0) {
      const why = 'prior execution is running and concurrency policy is Forbid';
      return this.#report(cronJob, 'JobAlreadyActive', `Not starting job because ${why}`);
    }
    if (policy === 'Replace') for (const job of running) this.#remove(cronJob, job);
    const template = mapAt(cronJob.spec, 'jobTemplate');
    const { name, namespace = '' } = cronJob.metadata;
    const jobName = `${name}-${Math.floor(atMs / 60_000)}`;
    if (!store.find(jobs, namespace, jobName)) {
      const metadata = {
        ...mapAt(template, 'metadata'),
        name: jobName,
        namespace,
        generation: 1,
        annotations: {
          ...(mapAt(template, 'metadata', 'annotations') as Record<string, string>),
          [scheduledAnnotation]: timestamp(atMs),
        },
        ownerReferences: [ownerReference(cronJob)],
        uid: crypto.randomUUID(),
        resourceVersion: '',
        creationTimestamp: timestamp(),
      };
      const spec = structuredClone(mapAt(template, 'spec'));
      store.create(jobs, withDefaults({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec, status: {} }));
      this.#report(cronJob, 'SuccessfulCreate', `Created job ${jobName}`);
    }
    const found = store.find(cronJobs, namespace, name);
    if (found) store.replace(cronJobs, { ...found, status: { ...found.status, lastScheduleTime: timestamp(atMs) } });
  }

  #writeStatus(cronJob: KubernetesObject): void {
    const { store } = this.#parts;
    const owned = store.ownedOf(jobs, cronJob);
    this.#reportUnexpected(cronJob, owned);
    const active = owned
      .filter(isScheduled)
      .filter((job) => !endOf(job))
      .map(({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }) => ({
        apiVersion,
        kind,
        name,
        namespace,
        uid,
        resourceVersion,
      }));
    this.#reportEnded(cronJob, owned);
    const done = owned.findLast((job) => endOf(job)?.['type'] === 'Complete')?.status?.['completionTime'];
    const { active: _former, ...status } = cronJob.status ?? {};
    store.replace(cronJobs, {
      ...cronJob,
      status: { ...status, ...(active.length > 0 && { active }), ...(done !== undefined && { lastSuccessfulTime: done }) },
    });
  }

  /** Somebody made it by hand from the CronJob's template: it counts for nothing. */
  #reportUnexpected(cronJob: KubernetesObject, owned: readonly KubernetesObject[]): void {
    for (const job of owned) {
      if (isScheduled(job) || endOf(job)) continue;
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      const report = { component, type: 'Warning', reason: 'UnexpectedJob', message } as const;
      this.#parts.events.report(cronJob, report);
    }
  }

  /** Of the Jobs that were running when the status was last written. */
  #reportEnded(cronJob: KubernetesObject, owned: readonly KubernetesObject[]): void {
    for (const { uid, name } of listAt(cronJob.status, 'active')) {
      const job = owned.find(({ metadata }) => metadata.uid === uid);
      const end = job && endOf(job)?.['type'];
      if (!job) this.#report(cronJob, 'MissingJob', `Active job went missing: ${textOr(name)}`);
      else if (end !== undefined)
        this.#report(cronJob, 'SawCompletedJob', `Saw completed job: ${textOr(name)}, condition: ${textOr(end)}`);
    }
  }

  #remove(cronJob: KubernetesObject, job: KubernetesObject): void {
    this.#parts.removal.remove(jobs, job);
    this.#report(cronJob, 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  }

  #report(cronJob: KubernetesObject, reason: string, message: string): void {
    this.#parts.events.report(cronJob, { component, type: 'Normal', reason, message });
  }

  #removeOld(cronJob: KubernetesObject): void {
    const owned = this.#parts.store.ownedOf(jobs, cronJob);
    for (const [type, field, kept] of [
      ['Complete', 'successfulJobsHistoryLimit', 3],
      ['Failed', 'failedJobsHistoryLimit', 1],
    ] as const) {
      const ended = owned.filter((job) => endOf(job)?.['type'] === type);
      const surplus = ended.length - numberOr(cronJob.spec?.[field], kept);
      for (const job of ended.slice(0, Math.max(0, surplus))) this.#remove(cronJob, job);
    }
  }
}

/** Whether the controller started the Job. */
function isScheduled({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.[scheduledAnnotation] !== undefined;
}
