import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { invalidField } from '../invalid-field.ts';
import { parsePage, toCollection, withQuery } from '../paging.ts';
import { authorizeRead, type DeliveriesContext, requireDelivery } from './deliveries-context.ts';
import { parseDeliveryFilter } from './delivery-filter.ts';
import { toDeliveryEvent, toDeliveryResource, toDeliverySummary } from './delivery-resource.ts';

/** What the ids of deliveries look like. */
export const deliveryId = /^1wd[1-9]\d{0,14}$/;

/** `GET /v1-webhooks/deliveries`: the newest first, unless `order=asc`. */
export async function listDeliveries(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const { mayWrite } = await authorizeRead(context, request);
  const { projectId, query, urls } = request;
  const page = parsePage(query, deliveryId);
  const order = parseOrder(query);
  const { filter, shown } = parseDeliveryFilter(query);
  const found = await context.deliveries.list({ projectId, ...filter, ...page, limit: page.limit + 1, order });
  const sortedBy = (direction: string): string =>
    withQuery(urls.current, query, { sort: 'receivedAt', order: direction, marker: undefined });
  const replayUrl = urls.resource(['deliveries'], { action: 'replay', projectId });
  const body = toCollection(request, {
    resourceType: 'delivery',
    page,
    found,
    markerOf: ({ id }) => id,
    toResource: (delivery) => toDeliverySummary(delivery, mayWrite, urls),
    more: {
      actions: mayWrite ? { replay: replayUrl } : {},
      filters: shown,
      sort: { name: 'receivedAt', order, reverse: sortedBy(order === 'asc' ? 'desc' : 'asc') },
      sortLinks: { receivedAt: sortedBy('asc') },
    },
  });
  return { status: 200, body };
}

/** `GET /v1-webhooks/deliveries/<id>` */
export async function getDelivery(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const { mayWrite } = await authorizeRead(context, request);
  const delivery = await requireDelivery(context, request);
  return { status: 200, body: toDeliveryResource(delivery, mayWrite, request.urls) };
}

/** `GET /v1-webhooks/deliveries/<id>/events`: in the order in which they happened. */
export async function listDeliveryEvents(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  await authorizeRead(context, request);
  const { projectId, query, urls } = request;
  const page = parsePage(query, /^\d{1,15}$/);
  const { id } = await requireDelivery(context, request);
  const found = await context.deliveries.events({
    projectId,
    deliveryId: id,
    after: Number(page.marker ?? 0),
    limit: page.limit + 1,
  });
  const body = toCollection(request, {
    resourceType: 'deliveryEvent',
    page,
    found,
    markerOf: (event) => String(event.id),
    toResource: (event) => toDeliveryEvent(event, urls),
  });
  return { status: 200, body };
}

/** Ids grow in the order of arrival, so that there is one order to sort by. */
function parseOrder(query: URLSearchParams): 'asc' | 'desc' {
  const sort = query.get('sort') ?? 'receivedAt';
  if (sort !== 'receivedAt' && sort !== 'id') throw invalidField('sort', 'receivedAt or id');
  const order = query.get('order')?.toLowerCase() ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalidField('order', 'asc or desc');
  return order;
}
