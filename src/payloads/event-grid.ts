import type { JsonObject } from '../framework/json.ts';
import { hasObject, objectAt, textAt } from './payload-parts.ts';

/** An event in Event Grid's own schema, which is older than that of CloudEvents. */
export interface EventOfGrid {
  readonly type: string;
  /** The data, with the id and the time of the event where it has none of its own. */
  readonly data: JsonObject;
}

export function isEventOfGrid(body: JsonObject): boolean {
  const isDated = textAt(body, 'eventTime') !== '' || textAt(body, 'topic') !== '';
  // The first version of CloudEvents had the same names in part.
  const isCloudEvent = textAt(body, 'cloudEventsVersion') !== '';
  return isDated && !isCloudEvent && textAt(body, 'eventType') !== '' && hasObject(body, 'data');
}

/** @see https://learn.microsoft.com/azure/event-grid/event-schema */
export function eventOfGrid(body: JsonObject): EventOfGrid {
  return {
    type: textAt(body, 'eventType'),
    data: { id: body['id'], timestamp: body['eventTime'], ...objectAt(body, 'data') },
  };
}
