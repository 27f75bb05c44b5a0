import { isEnded } from '../../framework/deliveries/delivery-record.ts';
import type { DecisionName } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { authorizeAction, type DeliveriesContext, requireDelivery } from './deliveries-context.ts';
import { toDeliveryResource } from './delivery-resource.ts';

/**
 * `POST /v1-webhooks/deliveries/<id>?action=replay|cancel|promote|abort`. A replay is answered with the new delivery, the others
 * with the delivery itself: it may take a while to stop, or to do what was decided.
 */
export async function actOnDelivery(context: DeliveriesContext, request: ApiRequest): Promise<Representation> {
  const by = await authorizeAction(context, request);
  const { projectId, id, query, urls } = request;
  const name = query.get('action') ?? '';
  if (name !== 'replay' && name !== 'cancel' && !isDecision(name)) throw notAvailable(`A delivery has no action ${name}`);
  const { state, awaits = [] } = await requireDelivery(context, request);
  if (isDecision(name)) {
    if (!awaits.includes(name)) throw notAvailable(`Delivery ${id} does not await ${name}: it is ${state}`);
    return { status: 202, body: toDeliveryResource(await context.deliveries.decide(projectId, id, name, by), true, urls) };
  }
  if (name === 'cancel') {
    if (isEnded(state)) throw notAvailable(`Delivery ${id} has ended: it is ${state}`);
    return { status: 202, body: toDeliveryResource(await context.deliveries.cancel(projectId, id, by), true, urls) };
  }
  if (!isEnded(state)) throw notAvailable(`Delivery ${id} has not ended: it is ${state}`);
  const replayed = await context.deliveries.replay(projectId, id, by);
  const delivery = await requireDelivery(context, { ...request, id: replayed });
  return { status: 202, body: toDeliveryResource(delivery, true, urls) };
}

function isDecision(name: string): name is DecisionName {
  return name === 'promote' || name === 'abort';
}

function notAvailable(message: string): ServiceError {
  return new ServiceError('ActionNotAvailable', message, { fieldName: 'action' });
}
