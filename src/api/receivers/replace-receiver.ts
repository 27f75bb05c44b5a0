import { decodeStoredConfig } from '../../framework/definition.ts';
import type { Driver, DriverConfig, DriverDefinition } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Receiver } from '../../framework/receiver.ts';
import { openSensitive, sealSensitive } from '../../framework/sensitive-fields.ts';
import { requireProjectId } from '../authorization/authorizer.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { ReceiverInput, requireJsonContentType } from './receiver-input.ts';
import { toReceiverResource } from './receiver-resource.ts';
import { authorizeWrite, type ReceiversContext, requireLivingReceiver, upstream } from './receivers-context.ts';

/** `PUT /v1-webhooks/receivers/<id>`: another config behind the same URL. Nothing else can change. */
export async function replaceReceiver(context: ReceiversContext, request: ApiRequest): Promise<Representation> {
  const access = await authorizeWrite(context, request, 'update');
  const body = await request.body();
  requireJsonContentType(request);
  requireProjectId(request.projectId);
  const input = ReceiverInput.parse(body);
  const receiver = await requireLivingReceiver(context, request);
  const driver = requireDriver(context, receiver);
  requireUnchanged(context, input, receiver);
  const { definition } = driver;
  const sent = input.config(context.drivers, driver);
  const kept = keptSecrets(definition, sent, receiver);
  await driver.validate({ ...sent, ...openSensitive(definition, kept, context.sealed, receiver.key) }, request.projectId);
  const data = { ...receiver.data, config: { ...sealSensitive(definition, sent, context.sealed, receiver.key), ...kept } };
  const changed = await context.store.replaceData(receiver, data).catch(upstream('Failed to update webhook: '));
  return { status: 200, body: toReceiverResource(context, changed, access, request.urls) };
}

/** @throws ServiceError for a stored receiver of no driver of ours. */
export function requireDriver(context: ReceiversContext, receiver: Receiver): Driver {
  if (typeof receiver.driver !== 'string') throw new ServiceError('BadReceiver', "Couldn't read webhook data. Bad driver");
  return context.drivers.require(receiver.driver, 'InvalidRequest', (id) => `Can't find driver ${id}`);
}

/** A client sends back what it was given, so the immutable fields may be there, but not differ. */
function requireUnchanged(context: ReceiversContext, input: ReceiverInput, receiver: Receiver): void {
  const shownUrl = typeof receiver.url === 'string' ? context.triggerUrls.show(receiver.url) : '';
  const stored = { name: receiver.name, driver: receiver.driver, id: receiver.id, url: shownUrl };
  for (const [fieldName, value] of Object.entries(stored)) {
    if (!input.has(fieldName) || input.text(fieldName) === value) continue;
    throw new ServiceError('Immutable', `${fieldName} of a webhook cannot be changed`, { fieldName });
  }
}

/** Sensitive fields are never given out, so one that is absent means the stored one, sealed as it is. */
function keptSecrets(definition: DriverDefinition, sent: DriverConfig, receiver: Receiver): DriverConfig {
  const unsent = definition.fields.filter(({ sensitive, name }) => sensitive && sent[name] === undefined);
  // What else is stored may be of the wrong type, and this the call that repairs it.
  return decodeStoredConfig({ ...definition, fields: unsent }, receiver.config);
}
