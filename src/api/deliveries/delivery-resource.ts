import {
  type ActionRecord,
  type DeliveryEvent,
  type DeliveryRecord,
  type DeliverySummary,
  isEnded,
} from '../../framework/deliveries/delivery-record.ts';
import type { JsonObject } from '../../framework/json.ts';
import type { ImageEvent } from '../../framework/payload-format.ts';
import type { UrlBuilder } from '../url-builder.ts';
import { wireTime } from '../wire-time.ts';
import { maskedRequest } from './masked-request.ts';

/** A delivery as lists show it. @param mayWrite whether to show what can be done with it. */
export function toDeliverySummary(delivery: DeliverySummary, mayWrite: boolean, urls: UrlBuilder): JsonObject {
  const { id, projectId, receiver, state, supersededBy, replayOf, requestedBy } = delivery;
  const link = (...path: string[]): string => urls.resource(['deliveries', ...path], { projectId });
  const available = isEnded(state) ? ['replay'] : ['cancel', ...(delivery.awaits ?? [])];
  const actions = available.map((action) => [action, urls.resource(['deliveries', id], { action, projectId })]);
  return {
    id,
    type: 'delivery',
    projectId,
    receiverId: receiver.id,
    receiverName: receiver.name,
    driver: delivery.driver,
    state,
    message: delivery.message,
    ...wireTime('receivedAt', delivery.receivedAt),
    ...wireTime('endedAt', delivery.endedAt),
    images: delivery.events.map(toImage),
    duplicates: delivery.duplicates,
    ...(supersededBy !== undefined && { supersededBy }),
    ...(replayOf !== undefined && { replayOf }),
    ...(requestedBy !== undefined && { requestedBy }),
    links: {
      self: link(id),
      events: link(id, 'events'),
      receiver: urls.resource(['receivers', receiver.id], { projectId }),
      ...(supersededBy !== undefined && { supersededBy: link(supersededBy) }),
      ...(replayOf !== undefined && { replayOf: link(replayOf) }),
    },
    actions: mayWrite ? (Object.fromEntries(actions) as JsonObject) : {},
  };
}

/** A delivery with all that is kept of it; the body of its request only for who may write. */
export function toDeliveryResource(delivery: DeliveryRecord, mayWrite: boolean, urls: UrlBuilder): JsonObject {
  return {
    ...toDeliverySummary(delivery, mayWrite, urls),
    request: maskedRequest(delivery.request, mayWrite),
    skipped: delivery.skipped.map(({ target, reason }) => ({ target, reason })),
    deliveryActions: delivery.actions.map((action) => toDeliveryAction(action, delivery.projectId, urls)),
  };
}

/** One image of a delivery. */
export function toImage({ registry, repository, tag, digest, pushedAt, image }: ImageEvent): JsonObject {
  return { image, registry, repository, tag, ...(digest !== undefined && { digest }), ...wireTime('pushedAt', pushedAt) };
}

/** One action of a delivery. What it will be done with stays inside: it may be a credential of the target. */
function toDeliveryAction(action: ActionRecord, projectId: string, urls: UrlBuilder): JsonObject {
  const { id, target, supersededBy } = action;
  const superseding = supersededBy !== undefined && {
    supersededBy: urls.resource(['deliveries', supersededBy], { projectId }),
  };
  return {
    id,
    type: 'deliveryAction',
    target,
    description: action.description,
    state: action.state,
    step: action.step,
    message: action.message,
    images: action.images ?? [],
    attempts: action.attempts.map(({ number, startedAt, endedAt, outcome, message }) => ({
      number,
      ...wireTime('startedAt', startedAt),
      ...wireTime('endedAt', endedAt),
      ...(outcome !== undefined && { outcome }),
      message,
    })),
    ...wireTime('createdAt', action.createdAt),
    ...wireTime('endedAt', action.endedAt),
    ...wireTime('nextAttemptAt', action.nextAttemptAt),
    ...(supersededBy !== undefined && { supersededBy }),
    links: { targets: urls.resource(['targets'], { name: target, projectId }), ...superseding },
  };
}

/** One event of a delivery, in collections and in streams. */
export function toDeliveryEvent(event: DeliveryEvent, urls: UrlBuilder): JsonObject {
  const { id, projectId, deliveryId, receiver, actionId, target, type, state, message, rollout } = event;
  return {
    id: String(id),
    type: 'deliveryEvent',
    kind: type,
    projectId,
    deliveryId,
    receiverId: receiver.id,
    receiverName: receiver.name,
    ...(actionId !== undefined && { actionId }),
    ...(target !== undefined && { target }),
    ...(state !== undefined && { state }),
    message,
    ...(rollout && { rollout: { ...rollout } }),
    ...wireTime('at', event.at),
    links: { delivery: urls.resource(['deliveries', deliveryId], { projectId }) },
    actions: {},
  };
}
