import { type DeliverySummary, isEnded } from '../../framework/deliveries/delivery-record.ts';
import { coerceError, ServiceError } from '../../framework/errors.ts';
import type { JsonObject } from '../../framework/json.ts';
import { ActionInput } from '../action-input.ts';
import { invalidField } from '../invalid-field.ts';
import { maxLimit, parseLimit } from '../paging.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { authorizeAction, type DeliveriesContext } from './deliveries-context.ts';
import { type DeliveryFilter, parseDeliveryFilter } from './delivery-filter.ts';
import { toDeliverySummary } from './delivery-resource.ts';
import { deliveryId } from './read-deliveries.ts';

const filterFields = ['state', 'receiverId', 'driver', 'since', 'until'];
const inputFields = [...filterFields, 'limit', 'marker'];

interface Selection {
  readonly filter: DeliveryFilter;
  readonly limit: number;
  readonly marker?: string;
  /** What the caller gave, for the call after this one. */
  readonly given: JsonObject;
}

interface Outcome {
  readonly replayed: readonly string[];
  readonly refused: readonly { readonly id: string; readonly message: string }[];
  /** The last one that was looked at. */
  readonly last: string | undefined;
  readonly complete: boolean;
}

/**
 * `POST /v1-webhooks/deliveries?action=replay`: replays all that match, the oldest first, so that the newest push wins again.
 * The answer is the collection of the new ones; if there are more, its `next` is the body of the next call.
 */
export async function replayDeliveries(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const by = await authorizeAction(context, request);
  const { projectId, query, urls } = request;
  const name = query.get('action') ?? '';
  if (name !== 'replay') {
    throw new ServiceError('ActionNotAvailable', `Deliveries have no action ${name}`, { fieldName: 'action' });
  }
  const startedAt = Date.now();
  const { filter, limit, marker, given } = toSelection(await ActionInput.read(request, inputFields));
  // Without an end the new ones would match the next call in their turn.
  const { until = startedAt } = filter;
  const found = await context.deliveries.list({
    projectId,
    ...filter,
    until,
    limit: limit + 1,
    order: 'asc',
    ...(marker !== undefined && { marker }),
  });
  const outcome = await replayAll(context, projectId, found.slice(0, limit), by);
  const created = await findCreated(context, projectId, outcome.replayed, startedAt);
  const partial = found.length > limit || !outcome.complete;
  const body = {
    type: 'collection',
    resourceType: 'delivery',
    actions: {},
    links: { self: urls.resource(['deliveries'], { projectId }) },
    data: created.map((delivery) => toDeliverySummary(delivery, true, urls)),
    refused: outcome.refused,
    pagination: { limit, partial },
    ...(partial && { next: { ...given, until, limit, ...(outcome.last !== undefined && { marker: outcome.last }) } }),
  };
  return { status: 202, body };
}

/** @throws ServiceError for a selection without any state: a replay of what succeeded is a new step of a scale. */
function toSelection(input: ActionInput): Selection {
  const texts = filterFields.flatMap((name) => input.texts(name).map((value): [string, string] => [name, value]));
  const { filter } = parseDeliveryFilter(new URLSearchParams(texts));
  const { states = [] } = filter;
  if (states.length === 0 || !states.every((state) => isEnded(state))) {
    throw invalidField('state', 'one or more states in which a delivery has ended');
  }
  const limit = parseLimit(input.texts('limit')[0] ?? null, maxLimit);
  const marker = input.text('marker', 32);
  if (marker !== undefined && !deliveryId.test(marker)) throw invalidField('marker', 'the one of the last answer');
  const { since, receiverId, driver } = filter;
  const given = {
    state: states,
    ...(receiverId !== undefined && { receiverId }),
    ...(driver !== undefined && { driver }),
    ...(since !== undefined && { since }),
  };
  return { filter, limit, given, ...(marker !== undefined && { marker }) };
}

/** One after the other, to keep their order. Ends early where the store cannot be used. */
async function replayAll(
  { deliveries }: DeliveriesContext,
  projectId: string,
  found: readonly DeliverySummary[],
  by: string,
): Promise<Outcome> {
  const replayed: string[] = [];
  const refused: { id: string; message: string }[] = [];
  let last: string | undefined;
  for (const { id } of found) {
    try {
      replayed.push(await deliveries.replay(projectId, id, by));
    } catch (thrown) {
      if (!(thrown instanceof ServiceError) || thrown.code === 'Unavailable') {
        if (last === undefined) throw coerceError(thrown);
        return { replayed, refused, last, complete: false };
      }
      refused.push({ id, message: thrown.message });
    }
    last = id;
  }
  return { replayed, refused, last, complete: true };
}

/** In pages, as a list: a whole delivery may be large. */
async function findCreated(
  { deliveries }: DeliveriesContext,
  projectId: string,
  ids: readonly string[],
  since: number,
): Promise<readonly DeliverySummary[]> {
  const wanted = new Set(ids);
  const created: DeliverySummary[] = [];
  let marker: string | undefined;
  while (created.length < wanted.size) {
    const page = await deliveries.list({
      projectId,
      since,
      limit: maxLimit,
      order: 'asc',
      ...(marker !== undefined && { marker }),
    });
    created.push(...page.filter(({ id }) => wanted.has(id)));
    marker = page.at(-1)?.id;
    if (marker === undefined) break;
  }
  return created;
}
