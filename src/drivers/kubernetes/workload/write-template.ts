import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../../../framework/errors.ts';
import type { KubernetesCluster, PatchOutcome, StrategicMergePatch, WorkloadKind } from '../cluster/kubernetes-clusters.ts';
import type { UpdateStrategy, Workload } from '../cluster/kubernetes-objects.ts';
import { restartedAt, templateContainers } from './pod-template.ts';
import { isSameStrategy, strategyPatch } from './update-strategy.ts';
import { kindNames, specOfTemplate, strategyField, strategyOf, templateOf } from './workload.ts';

/** A write to a workload's template that is done once, and only upon the images that it was made for. */
export interface TemplateWrite {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  /** The workload's identity; another one of the same name is left alone. */
  readonly uid: string;
  readonly images: readonly { readonly container: string; readonly init: boolean; readonly from: string; readonly to: string }[];
  /** The restart mark to set on the template, if any. */
  readonly restartedAt?: string;
  /** How pods are replaced from now on, if that changes; with `only`, unless others have changed that since. */
  readonly strategy?: { readonly to: UpdateStrategy; readonly only?: UpdateStrategy };
  /** Annotations of the workload itself, not of the template. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Awaited immediately before every patch; what it throws is thrown on. */
  beforeWrite(): Promise<void>;
  /** A further condition: what speaks against the write to this object, if anything. */
  objection?(found: Workload): string | undefined;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: Workload; readonly before: Workload }
  /** The template already is as wanted. */
  | { readonly kind: 'found'; readonly object: Workload }
  | { readonly kind: 'missing' }
  | { readonly kind: 'superseded'; readonly reason: string };

const tries = 5;
const firstPauseMs = 10;

/**
 * Reads, checks and patches, and does all of it again when somebody else wrote in between.
 * @param read the workload where it was read just now: the patch fails upon any other.
 * @throws ServiceError `Conflict` after five such tries, or whatever the API server says.
 */
export async function writeTemplate(
  cluster: KubernetesCluster,
  write: TemplateWrite,
  signal: AbortSignal,
  read?: Workload,
): Promise<WriteOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const known = attempt === 1 ? read : undefined;
    const before = known ?? (await cluster.get(write.kind, write.namespace, write.name, signal));
    if (before === undefined) return { kind: 'missing' };
    if (isWritten(write, before)) return { kind: 'found', object: before };
    const reason = unlikePlanned(write, before) ?? write.objection?.(before);
    if (reason !== undefined) return { kind: 'superseded', reason };
    const outcome = await tryPatch(cluster, write, before, signal, attempt < tries);
    if (outcome.kind === 'patched') return { kind: 'written', object: outcome.object, before };
    if (outcome.kind === 'missing') return { kind: 'missing' };
    if (attempt >= tries) {
      throw new ServiceError(
        'Conflict',
        `${write.kind} "${write.name}" was changed by others during each of ${tries} tries to update it`,
      );
    }
    await sleep(firstPauseMs * 3 ** attempt * (0.5 + Math.random()), undefined, { signal });
  }
}

/** A call without an answer may have been heard: like a conflict, it is followed by another look. */
async function tryPatch(
  cluster: KubernetesCluster,
  write: TemplateWrite,
  before: Workload,
  signal: AbortSignal,
  mayRetry: boolean,
): Promise<PatchOutcome<Workload>> {
  let refusal: unknown;
  const beforeWrite = async (): Promise<void> => {
    try {
      await write.beforeWrite();
    } catch (thrown) {
      refusal = thrown;
      throw thrown;
    }
  };
  try {
    return await cluster.patch(write.kind, write.namespace, write.name, patchOf(write, before), signal, beforeWrite);
  } catch (thrown) {
    const isOutage = thrown !== refusal && thrown instanceof ServiceError && thrown.code === 'Unavailable';
    if (isOutage && mayRetry && !signal.aborted) return { kind: 'conflict' };
    throw thrown;
  }
}

function isWritten({ uid, images, restartedAt: mark }: TemplateWrite, workload: Workload): boolean {
  if (workload.metadata?.uid !== uid) return false;
  if (mark !== undefined) return templateOf(workload)?.metadata?.annotations?.[restartedAt] === mark;
  const found = imagesOf(workload);
  return images.every(({ container, to }) => found.get(container) === to);
}

function unlikePlanned({ kind, uid, images }: TemplateWrite, workload: Workload): string | undefined {
  if (workload.metadata?.uid !== uid) return `the ${kindNames[kind]} was deleted and created anew`;
  const found = imagesOf(workload);
  const other = images.find(({ container, from }) => found.get(container) !== from);
  if (other === undefined) return undefined;
  const image = found.get(other.container);
  return image === undefined
    ? `container ${other.container} is gone`
    : `container ${other.container} now has ${image}, not ${other.from}`;
}

function imagesOf(workload: Workload): Map<string, string | undefined> {
  return new Map(templateContainers(templateOf(workload)).map(({ name, image }) => [name, image]));
}

function patchOf(write: TemplateWrite, before: Workload): StrategicMergePatch {
  const { kind, images, annotations, restartedAt: mark } = write;
  const entries = (init: boolean): { name: string; image: string }[] =>
    images
      .filter((each) => each.init === init && each.from !== each.to)
      .map(({ container, to }) => ({ name: container, image: to }));
  const [initContainers, containers] = [entries(true), entries(false)];
  const template = {
    ...(mark !== undefined && { metadata: { annotations: { [restartedAt]: mark } } }),
    ...(initContainers.length + containers.length > 0 && {
      spec: { ...(containers.length > 0 && { containers }), ...(initContainers.length > 0 && { initContainers }) },
    }),
  };
  return {
    metadata: { resourceVersion: before.metadata?.resourceVersion ?? '', annotations },
    spec: { ...specOfTemplate(kind, template), ...strategySpec(write, before) },
  };
}

function strategySpec({ kind, strategy }: TemplateWrite, before: Workload): object {
  const field = strategyField(kind);
  const current = strategyOf(kind, before);
  if (field === undefined || strategy === undefined) return {};
  if (strategy.only !== undefined && !isSameStrategy(strategy.only, current)) return {};
  return { [field]: strategyPatch(current, strategy.to) };
}
