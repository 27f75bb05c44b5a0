import type { Driver } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Receiver, ReceiverStore } from '../../framework/receiver.ts';
import type { Registry } from '../../framework/registry.ts';
import type { SealedValues } from '../../framework/sealed-values.ts';
import { toServiceError } from '../../rancher/to-service-error.ts';
import type { Access, Authorizer } from '../authorization/authorizer.ts';
import type { ApiRequest } from '../request.ts';
import type { TriggerUrls } from './trigger-urls.ts';

/** What the routes of receivers work with. */
export interface ReceiversContext {
  readonly drivers: Registry<Driver>;
  readonly store: ReceiverStore;
  readonly authorizer: Authorizer;
  readonly sealed: SealedValues;
  readonly triggerUrls: TriggerUrls;
  /** True for exactly the resources of the Go service. */
  readonly legacy: boolean;
  /** Ends a rotated receiver's old URL when its time has come. */
  expire(receiver: Receiver): void;
}

/** @throws ServiceError with the Go service's text for whoever may only read. */
export async function authorizeWrite(context: ReceiversContext, request: ApiRequest, verb: string): Promise<Access> {
  const access = await context.authorizer.authorize(request, request.projectId);
  if (!access.mayWrite) throw new ServiceError('ReadOnly', `user doesn't have the access to ${verb} webhook`);
  return access;
}

/** The receiver that the request names. @throws ServiceError `NotFound` */
export async function requireReceiver(context: ReceiversContext, { projectId, id }: ApiRequest): Promise<Receiver> {
  const receiver = await context.store.get(projectId, id).catch(upstream());
  if (!receiver) throw new ServiceError('NotFound', 'Webhook not found');
  return receiver;
}

/** The same, for a change: Rancher still gives out what it has removed. @throws ServiceError `NotFound` */
export async function requireLivingReceiver(context: ReceiversContext, request: ApiRequest): Promise<Receiver> {
  const receiver = await requireReceiver(context, request);
  if (receiver.removed) throw new ServiceError('NotFound', 'Webhook not found');
  return receiver;
}

/** Turns a failed call to Rancher into the Go service's answer: 500, go-rancher's text, and what was being done before it. */
export function upstream(doing = ''): (thrown: unknown) => never {
  return (thrown) => {
    throw toServiceError(thrown, (text) => doing + text);
  };
}
