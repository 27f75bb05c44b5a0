import type { JsonObject } from '../../framework/json.ts';
import type { Receiver } from '../../framework/receiver.ts';
import { toImage } from '../deliveries/delivery-resource.ts';
import type { DeliveriesContext } from '../deliveries/deliveries-context.ts';
import { forwardableHeaders } from '../forwardable-headers.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import type { ReceiversContext } from './receivers-context.ts';
import { requireDriver } from './replace-receiver.ts';

/**
 * `POST /v1-webhooks/receivers/<id>?action=plan` with a payload as a registry would send it: what would be done, and why the
 * rest would not. Nothing is stored or written. What an action would be done with stays inside: it may be a credential.
 */
export async function planReceiver(
  context: ReceiversContext & Pick<DeliveriesContext, 'deliveries'>,
  request: ApiRequest,
  receiver: Receiver,
): Promise<Representation> {
  const driver = requireDriver(context, receiver);
  const headers = forwardableHeaders(request.headers, { token: '', key: '' });
  const payload = { headers, query: '', body: await request.body() };
  const { state, message, events, actions, skipped } = await context.deliveries.rehearse({ receiver, driver, request: payload });
  const body: JsonObject = {
    id: receiver.id,
    type: 'receiverPlan',
    state,
    message,
    images: events.map(toImage),
    plannedActions: actions.map(({ target, description, images = [] }) => ({ target, description, images })),
    skipped,
    links: { receiver: request.urls.receiver(receiver.id, receiver.projectId) },
    actions: {},
  };
  return { status: 200, body };
}
