import type { Deliveries } from '../../framework/deliveries/deliveries.ts';
import type { DeliveryRecord } from '../../framework/deliveries/delivery-record.ts';
import { ServiceError } from '../../framework/errors.ts';
import { type Access, type Authorizer, requireProjectId } from '../authorization/authorizer.ts';
import type { ApiRequest } from '../request.ts';
import type { EventStreams } from './event-streams.ts';

/** What the routes of deliveries and targets work with. */
export interface DeliveriesContext {
  readonly deliveries: Deliveries;
  readonly authorizer: Authorizer;
  readonly eventStreams: EventStreams;
}

/** @throws ServiceError for whoever may not read the project. */
export async function authorizeRead({ authorizer }: DeliveriesContext, request: ApiRequest): Promise<Access> {
  const access = await authorizer.authorize(request, request.projectId);
  requireProjectId(request.projectId);
  return access;
}

/** @returns who asks. @throws ServiceError for whoever may only read. */
export async function authorizeAction({ authorizer }: DeliveriesContext, request: ApiRequest): Promise<string> {
  const { mayWrite, caller = 'unknown' } = await authorizer.authorize(request, request.projectId);
  if (!mayWrite) throw new ServiceError('ReadOnly', "user doesn't have the access to change deliveries and targets");
  requireProjectId(request.projectId);
  return caller;
}

/** The delivery that the request names. @throws ServiceError `NotFound` */
export async function requireDelivery({ deliveries }: DeliveriesContext, { projectId, id }: ApiRequest): Promise<DeliveryRecord> {
  const delivery = await deliveries.get(projectId, id);
  if (!delivery) throw new ServiceError('NotFound', `There is no delivery ${id}`);
  return delivery;
}
