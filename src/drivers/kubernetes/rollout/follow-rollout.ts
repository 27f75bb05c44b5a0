import type { RolloutProgress } from '../../../framework/driver.ts';
import { ServiceError } from '../../../framework/errors.ts';
import type { KubernetesCluster, KubernetesList } from '../cluster/kubernetes-clusters.ts';
import type { Pod, Workload } from '../cluster/kubernetes-objects.ts';
import { observe } from '../cluster/observe.ts';
import { selectorText } from '../workload/pod-template.ts';
import { RolloutJudge, type RolloutEnd, type RolloutExpectation } from './rollout-judge.ts';
import { progressOf } from './rollout-counts.ts';
import { isObserved, type RolloutStatus } from './rollout-status.ts';
import { waitingText } from './waiting-reasons.ts';

export interface FollowOptions extends RolloutExpectation {
  readonly cluster: KubernetesCluster;
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called while the rollout goes on; what it returns is why it cannot. */
  unblock?(workload: Workload, pods: readonly Pod[]): Promise<string | undefined>;
  progress(message: string, rollout?: RolloutProgress): void;
}

/** How often deadlines are looked at, milliseconds; everything else comes from watches. */
const tickMs = 500;
/** What was seen longer ago than this says nothing about now, milliseconds. */
const staleMs = 60_000;
/** Each message is stored: of a large rollout only so many are told at once, then one at a time with a pause between. */
const freeTellings = 20;
const tellingPauseMs = 2000;
/** Refusals in a row, after which the right is taken to be gone. */
const refusals = 3;

/**
 * Follows a rollout to its end.
 * @throws ServiceError where the workload cannot be read any more; the signal's reason where it is aborted.
 */
export async function followRollout(options: FollowOptions): Promise<RolloutEnd> {
  const stop = new AbortController();
  const sight = new Sight(options);
  const observing = sight.observe(AbortSignal.any([options.signal, stop.signal]));
  const judge = new RolloutJudge(options, performance.now());
  options.signal.addEventListener('abort', () => sight.wake(), { signal: stop.signal });
  try {
    for (;;) {
      options.signal.throwIfAborted();
      await sight.next(tickMs);
      options.signal.throwIfAborted();
      sight.requireFresh();
      if (!sight.complete) continue;
      const verdict = judge.judge(sight.workload, sight.pods, performance.now());
      if ('kind' in verdict) return verdict;
      sight.tell(verdict);
      const blocked = sight.workload && (await options.unblock?.(sight.workload, sight.pods));
      if (blocked !== undefined) return { kind: 'failed', message: blocked };
    }
  } finally {
    stop.abort();
    await observing;
  }
}

/** What is seen of a workload and its pods at the moment. */
class Sight {
  readonly #options: FollowOptions;
  #workload: Workload | undefined;
  #pods: readonly Pod[] = [];
  #workloadSeen = false;
  #podsSeen = false;
  #seenAt = performance.now();
  #readAt = 0;
  #refusals = 0;
  #lastError: Error | undefined;
  #told = '';
  #toldAt = 0;
  #tellings = 0;
  #wake: (() => void) | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  get workload(): Workload | undefined {
    return this.#workload;
  }

  get pods(): readonly Pod[] {
    return this.#pods;
  }

  /** True once both have been looked at. */
  get complete(): boolean {
    return this.#workloadSeen && this.#podsSeen;
  }

  async observe(signal: AbortSignal): Promise<void> {
    const { cluster, kind, namespace, name, written } = this.#options;
    const labelSelector = selectorText(written);
    await Promise.all([
      observe<Workload>(
        {
          known: listOf(written),
          read: (each) => this.#readWorkload(each),
          watch: (resourceVersion, timeoutSeconds, each) =>
            cluster.watch(kind, namespace, {
              resourceVersion,
              timeoutSeconds,
              fieldSelector: `metadata.name=${name}`,
              signal: each,
            }),
          seen: ([workload]) => this.#seeWorkload(workload),
          failed: (error) => this.#fail(error),
        },
        signal,
      ),
      observe<Pod>(
        {
          read: (each) => cluster.list('pod', namespace, labelSelector, each),
          watch: (resourceVersion, timeoutSeconds, each) =>
            cluster.watch('pod', namespace, { resourceVersion, timeoutSeconds, labelSelector, signal: each }),
          seen: (pods) => this.#seePods(pods),
          // Pods only say why a rollout waits; whether it is complete can be told without them.
          failed: (error) => this.#missPods(error),
        },
        signal,
      ),
    ]);
  }

  wake(): void {
    this.#wake?.();
  }

  /** Resolves when something changed, or when the time is over. */
  async next(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** @throws the last error if nothing has been seen for so long that no judgement is possible. */
  requireFresh(): void {
    if (this.#refusals >= refusals && this.#lastError) throw this.#lastError;
    if (performance.now() - this.#seenAt >= staleMs) {
      throw this.#lastError ?? new ServiceError('Unavailable', 'the Kubernetes API has not answered for a minute');
    }
  }

  /** Tells how the rollout stands, if that is news. */
  tell({ message, waiting, counts }: RolloutStatus): void {
    const cause = waitingText(waiting);
    const text = cause === '' ? message : `${message}; ${cause}`;
    const now = performance.now();
    if (text === this.#told || (this.#tellings >= freeTellings && now - this.#toldAt < tellingPauseMs)) return;
    this.#told = text;
    this.#toldAt = now;
    this.#tellings += 1;
    const isOfWrite = this.#workload !== undefined && isObserved(this.#workload);
    this.#options.progress(text, isOfWrite ? progressOf(counts) : undefined);
  }

  async #readWorkload(signal: AbortSignal): Promise<KubernetesList<Workload>> {
    const { cluster, kind, namespace, name } = this.#options;
    const workload = await cluster.get(kind, namespace, name, signal);
    this.#readAt = performance.now();
    return listOf(workload);
  }

  #seeWorkload(workload: Workload | undefined): void {
    this.#workload = workload;
    this.#workloadSeen = true;
    this.#seenAt = performance.now();
    this.#refusals = 0;
    this.#wake?.();
  }

  #seePods(pods: readonly Pod[]): void {
    this.#pods = pods;
    this.#podsSeen = true;
    this.#wake?.();
  }

  #missPods({ message }: Error): void {
    if (!this.#podsSeen) this.#options.progress(`cannot see the pods: ${message}`);
    this.#seePods(this.#pods);
  }

  #fail(error: Error): void {
    const refused = error instanceof ServiceError && (error.code === 'Unauthorized' || error.code === 'Forbidden');
    // A role may let us get but not watch: then reading every few seconds must do.
    const readable = performance.now() - this.#readAt < tickMs;
    this.#refusals = refused && !readable ? this.#refusals + 1 : 0;
    this.#lastError = error;
    this.#wake?.();
  }
}

/** A workload, or none, as a list of what has its name would be. */
function listOf(workload: Workload | undefined): KubernetesList<Workload> {
  return { items: workload ? [workload] : [], resourceVersion: workload?.metadata?.resourceVersion ?? '0' };
}
