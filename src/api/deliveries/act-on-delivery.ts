import { isEnded } from '../../framework/deliveries/delivery-record.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { authorizeAction, type DeliveriesContext, requireDelivery } from './deliveries-context.ts';
import { toDeliveryResource } from './delivery-resource.ts';

/**
 * `POST /v1-webhooks/deliveries/<id>?action=replay|cancel`. A replay is answered with the new delivery, a cancel with the
 * delivery itself, which may take a while to stop.
 */
export async function actOnDelivery(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const by = await authorizeAction(context, request);
  const { projectId, id, query, urls } = request;
  const name = query.get('action') ?? '';
  if (name !== 'replay' && name !== 'cancel') throw notAvailable(`A delivery has no action ${name}`);
  const { state } = await requireDelivery(context, request);
  if (name === 'cancel') {
    if (isEnded(state)) throw notAvailable(`Delivery ${id} has ended: it is ${state}`);
    return { status: 202, body: toDeliveryResource(await context.deliveries.cancel(projectId, id, by), true, urls) };
  }
  if (!isEnded(state)) throw notAvailable(`Delivery ${id} has not ended: it is ${state}`);
  const replayed = await context.deliveries.replay(projectId, id, by);
  const delivery = await requireDelivery(context, { ...request, id: replayed });
  return { status: 202, body: toDeliveryResource(delivery, true, urls) };
}

function notAvailable(message: string): ServiceError {
  return new ServiceError('ActionNotAvailable', message, { fieldName: 'action' });
}
