import type { WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { Condition, Pod, Workload } from '../cluster/kubernetes-objects.ts';
import { podsOfTemplate, templateHash } from '../workload/pod-template.ts';
import { rolloutStatus, type RolloutStatus } from './rollout-status.ts';
import { stuckText } from './stuck-pods.ts';
import { waitingText } from './waiting-reasons.ts';
import { kindNames } from '../workload/workload.ts';

/** How a rollout that was followed came to its end. */
export interface RolloutEnd {
  readonly kind: 'complete' | 'failed' | 'deleted' | 'paused' | 'superseded';
  /** Why, in a few words for people. */
  readonly message: string;
  /** The workload as others changed it, where they superseded the rollout. */
  readonly found?: Workload;
  /** How many pods there should be, where that was seen. */
  readonly wanted?: number;
  /** How many of them keep the former template. */
  readonly kept?: number;
  /** Where a rollout failed: the containers that a definite cause held up, by name. */
  readonly blamed?: readonly string[];
  /** Where a rollout failed: true if nothing but pods of a former revision held it up, which will hardly recover. */
  readonly byFormer?: boolean;
}

export interface RolloutExpectation {
  readonly kind: WorkloadKind;
  /** The workload as the write left it. */
  readonly written: Workload;
  /** The condition `Progressing` from before the write. */
  readonly former?: Condition;
  /** Milliseconds after which a rollout that is not complete has failed; absent: by its progress deadline. */
  readonly timeoutMs?: number;
  /** How long a pod may be held up by a definite cause while nothing else moves, milliseconds. */
  readonly graceMs: number;
}

/** Kubernetes' own default for `progressDeadlineSeconds`, which only Deployments have. */
const defaultDeadlineSeconds = 600;
/** Nothing is followed for longer, however much moves, milliseconds: pods that come and go count as progress. */
const longestRolloutMs = 86_400_000;
/** Kubernetes announces an exceeded deadline itself, a little late; only one that it never announces is for us to call. */
const deadlineMarginMs = 30_000;

/** Judges what is seen of a rollout; remembers since when nothing moves and what holds pods up. Knows no clock of its own. */
export class RolloutJudge {
  readonly #expected: RolloutExpectation;
  readonly #templateHash: string;
  readonly #startedAt: number;
  readonly #heldSince = new Map<string, number>();
  #progressAt: number;
  #progress = '';

  constructor(expected: RolloutExpectation, now: number) {
    this.#expected = expected;
    this.#templateHash = templateHash(expected.written);
    this.#startedAt = now;
    this.#progressAt = now;
  }

  /** How the rollout ended, or how it stands. @param now milliseconds, from the clock that the constructor was given a time of. */
  judge(workload: Workload | undefined, pods: readonly Pod[], now: number): RolloutEnd | RolloutStatus {
    if (!workload || workload.metadata?.deletionTimestamp !== undefined)
      return { kind: 'deleted', message: `the ${this.#noun} was deleted` };
    const interrupted = this.#interrupted(workload);
    if (interrupted) return interrupted;
    const current = podsOfTemplate(workload, pods);
    const stuck = this.#expected.kind === 'statefulSet' ? stuckText(workload, pods) : '';
    const status = this.#status(workload, current, stuck);
    if (status.state === 'complete') {
      const { wanted, kept } = status.counts;
      return { kind: 'complete', message: status.message, wanted, kept };
    }
    this.#note(status, current, now);
    const cause = waitingText(status.waiting);
    const failed = (text: string): RolloutEnd => ({
      kind: 'failed',
      message: cause === '' ? text : `${text}; ${cause}`,
      blamed: [...this.#heldSince.keys()].map((key) => key.slice(key.lastIndexOf('/') + 1)),
      ...(stuck !== '' && cause === '' && { byFormer: true }),
    });
    if (status.state === 'failed') return failed(status.message);
    const late = this.#late(workload, now);
    if (late !== undefined) return failed(`${late}, ${status.message}`);
    if (this.#isHeld(now)) return failed(status.message);
    return status;
  }

  get #noun(): string {
    return kindNames[this.#expected.kind];
  }

  #status(workload: Workload, current: readonly Pod[], stuck: string): RolloutStatus {
    const status = rolloutStatus(this.#expected.kind, workload, current, this.#expected.former);
    return stuck === '' ? status : { ...status, message: `${status.message}; ${stuck}` };
  }

  /** Whether somebody else ended the rollout. */
  #interrupted(workload: Workload): RolloutEnd | undefined {
    const { metadata, spec } = workload;
    if (metadata?.uid !== this.#expected.written.metadata?.uid) {
      return { kind: 'superseded', message: `the ${this.#noun} was deleted and created anew` };
    }
    if (templateHash(workload) !== this.#templateHash) {
      return { kind: 'superseded', message: 'somebody else changed the pod template', found: workload };
    }
    if (spec?.paused === true) return { kind: 'paused', message: `somebody paused the ${this.#noun}` };
    return undefined;
  }

  #note({ counts, waiting }: RolloutStatus, pods: readonly Pod[], now: number): void {
    const progress = JSON.stringify(counts);
    if (progress !== this.#progress) {
      this.#progress = progress;
      this.#progressAt = now;
    }
    const unready = new Set(pods.flatMap(unreadyContainers));
    for (const key of this.#heldSince.keys()) if (!unready.has(key)) this.#heldSince.delete(key);
    for (const { subject, container, definite } of waiting) {
      const key = `${subject}/${container ?? ''}`;
      // A crashing container runs for a moment at each restart: its time counts on.
      if (definite && !this.#heldSince.has(key)) this.#heldSince.set(key, now);
    }
  }

  #late({ spec }: Workload, now: number): string | undefined {
    const { timeoutMs } = this.#expected;
    const longest = timeoutMs ?? longestRolloutMs;
    if (now - this.#startedAt >= longest) return `not complete after ${Math.round(longest / 1000)} s`;
    if (timeoutMs !== undefined) return undefined;
    // apps/v1beta1 says "no deadline" with the largest number.
    const seconds = Math.min(spec?.progressDeadlineSeconds ?? defaultDeadlineSeconds, 86_400);
    const deadline = seconds * 1000 + (this.#expected.kind === 'deployment' ? deadlineMarginMs : 0);
    return now - this.#progressAt >= deadline ? `no progress for ${Math.round(deadline / 1000)} s` : undefined;
  }

  #isHeld(now: number): boolean {
    const { graceMs } = this.#expected;
    return now - this.#progressAt >= graceMs && [...this.#heldSince.values()].some((since) => now - since >= graceMs);
  }
}

function unreadyContainers({ metadata, status = {} }: Pod): readonly string[] {
  const init = (status.initContainerStatuses ?? []).filter(({ state }) => state?.terminated?.exitCode !== 0);
  return [...init, ...(status.containerStatuses ?? [])]
    .filter(({ ready }) => ready !== true)
    .map(({ name }) => `${metadata?.name ?? 'a pod'}/${name}`);
}
