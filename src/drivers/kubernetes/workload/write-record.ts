import { isJsonObject } from '../../../framework/json.ts';
import type { ObjectMeta, Workload } from '../cluster/kubernetes-objects.ts';
import { templateContainers } from './pod-template.ts';
import { templateOf } from './workload.ts';

/** What one write of ours brought, as it is annotated; a rollback brings nothing. */
export interface WriteRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly images: readonly { readonly container: string; readonly from: string; readonly to: string }[];
}

export const recordAnnotation = 'webhook-service/wrote';

/** The record of an object's annotations; undefined where there is none, or what is no record. */
export function recordOf({ annotations = {} }: ObjectMeta = {}): WriteRecord | undefined {
  try {
    const value: unknown = JSON.parse(annotations[recordAnnotation] ?? 'null');
    if (!isJsonObject(value)) return undefined;
    const { at, images } = value;
    if (!isTime(at) || !Array.isArray(images) || !images.every(isImage)) return undefined;
    return { at, images };
  } catch {
    // Whoever may write to the workload may write anything there.
    return undefined;
  }
}

/** Milliseconds since 1970, as a Date takes them and a database stores them. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= lastMoment;
}

const lastMoment = 8.64e15;

function isImage(value: unknown): value is WriteRecord['images'][number] {
  return isJsonObject(value) && [value['container'], value['from'], value['to']].every((text) => typeof text === 'string');
}

/** An image of ours that somebody took off a workload, with the one that is back in its place. */
export interface PutBack {
  readonly image: string;
  readonly back: string;
  /** When ours was written, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Whether somebody put an earlier image back in the place of the one that our last write brought, by hand or by `kubectl
 * rollout undo`. An image that never was there before is a newer change, and does not count.
 * @param records those of our writes that are known.
 */
export function findPutBack(records: readonly WriteRecord[], workload: Workload): PutBack | undefined {
  const last = records.reduce<WriteRecord | undefined>((a, b) => (a === undefined || b.at > a.at ? b : a), undefined);
  if (last === undefined) return undefined;
  const current = new Map(templateContainers(templateOf(workload)).map(({ name, image }) => [name, image]));
  for (const { container, to } of last.images) {
    const image = current.get(container);
    if (image === undefined || image === to) continue;
    const isFormer = records.some(({ images }) =>
      images.some((each) => each.container === container && (each.from === image || each.to === image)),
    );
    if (isFormer) return { image: to, back: image, at: last.at };
  }
  return undefined;
}

export function putBackReason(back: string): string {
  return `somebody put ${back} back`;
}
