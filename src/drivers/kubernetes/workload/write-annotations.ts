import type { Delivery } from '../../../framework/driver.ts';
import { formerImages, newImages, type PlannedUpdate } from '../planned-update.ts';
import { recordAnnotation, type WriteRecord } from './write-record.ts';

/** The id of the action that wrote last: tells a resumed action its own write. */
export const actionAnnotation = 'webhook-service/action';
/** The id of the action that was rolled back last. */
export const rolledBackAnnotation = 'webhook-service/rolled-back';

const changeCause = 'kubernetes.io/change-cause';
/** What `kubectl rollout history` still shows well, characters. */
const maxCauseLength = 250;

type Annotations = Readonly<Record<string, string>>;

/** The annotations that say which delivery brought an image. */
export function updateAnnotations(update: PlannedUpdate, { id, receiver }: Pick<Delivery, 'id' | 'receiver'>): Annotations {
  return {
    [changeCause]: cause(`${newImages(update)} pushed, receiver ${receiver.name}, delivery ${id}`),
    'webhook-service/delivery': id,
    'webhook-service/receiver': receiver.name,
    [actionAnnotation]: update.id,
    [recordAnnotation]: record({
      at: Date.now(),
      images: update.changes.map(({ container, from, to }) => ({ container, from, to })),
    }),
  };
}

function record(written: WriteRecord): string {
  return JSON.stringify(written);
}

/** The annotations that say why the former image is back. */
export function rollBackAnnotations(
  update: PlannedUpdate,
  { id, receiver }: Pick<Delivery, 'id' | 'receiver'>,
  failure: string,
): Annotations {
  return {
    ...updateAnnotations(update, { id, receiver }),
    [changeCause]: cause(`back to ${formerImages(update)} since ${newImages(update)} failed, delivery ${id}: ${failure}`),
    [rolledBackAnnotation]: update.id,
    [recordAnnotation]: record({ at: Date.now(), images: [] }),
  };
}

function cause(text: string): string {
  return text.length > maxCauseLength ? `${text.slice(0, maxCauseLength - 1)}…` : text;
}
