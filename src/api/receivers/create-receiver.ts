import type { Driver, DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { sealSensitive } from '../../framework/sensitive-fields.ts';
import { requireProjectId } from '../authorization/authorizer.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { ReceiverInput, requireJsonContentType } from './receiver-input.ts';
import { toReceiverResource } from './receiver-resource.ts';
import { authorizeWrite, type ReceiversContext, upstream } from './receivers-context.ts';
import { newReceiverKey } from './trigger-urls.ts';

/** `POST /v1-webhooks/receivers`. The checks come in the Go service's order, since each has its own text. */
export async function createReceiver(context: ReceiversContext, request: ApiRequest): Promise<Representation> {
  const { projectId, urls } = request;
  const access = await authorizeWrite(context, request, 'create');
  const body = await request.body();
  requireJsonContentType(request);
  requireProjectId(projectId);
  const input = ReceiverInput.parse(body);
  const name = input.text('name');
  const id = input.text('driver');
  const driver = context.drivers.find(id);
  const config = input.config(context.drivers, driver);
  if (name === '') throw new ServiceError('InvalidRequest', 'Name not provided');
  if (id === '') throw new ServiceError('InvalidRequest', 'Driver not provided');
  if (!driver) throw new ServiceError('InvalidRequest', `Invalid driver ${id}`);
  if (await context.store.nameTaken(projectId, name).catch(upstream())) {
    throw new ServiceError('InvalidRequest', `Cannot have duplicate webhook name, webhook ${name} already exists`);
  }
  await driver.validate(config, projectId);
  const key = newReceiverKey();
  const data = newResourceData(context, request, driver, config, key);
  const receiver = await context.store.create(projectId, { name, key, data }).catch(upstream('Failed to create webhook: '));
  return { status: 200, body: toReceiverResource(context, receiver, access, urls) };
}

/** Exactly what the Go service stores, in its order. */
export function newResourceData(
  context: ReceiversContext,
  { urls, projectId }: ApiRequest,
  { definition }: Driver,
  config: DriverConfig,
  key: string,
): { config: DriverConfig; driver: string; url: string } {
  return {
    config: sealSensitive(definition, config, context.sealed, key),
    driver: definition.id,
    url: context.triggerUrls.create(urls, projectId, key, definition, config),
  };
}
