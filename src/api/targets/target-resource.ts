import type { TargetRecord } from '../../framework/deliveries/delivery-record.ts';
import type { JsonObject } from '../../framework/json.ts';
import type { UrlBuilder } from '../url-builder.ts';
import { wireTime } from '../wire-time.ts';

/** A target on the wire. It can always be put on hold, for one more image too. */
export function toTargetResource({ id, projectId, name, holds }: TargetRecord, mayWrite: boolean, urls: UrlBuilder): JsonObject {
  const names = ['hold', ...(holds.length > 0 ? ['release'] : [])];
  const actions = names.map((action) => [action, urls.resource(['targets', id], { action, projectId })]);
  return {
    id,
    type: 'target',
    projectId,
    name,
    held: holds.length > 0,
    holds: holds.map(({ image, reason, heldBy, heldAt }) => ({ image, reason, heldBy, ...wireTime('heldAt', heldAt) })),
    links: { self: urls.resource(['targets', id], { projectId }) },
    actions: mayWrite ? Object.fromEntries(actions) : {},
  };
}
