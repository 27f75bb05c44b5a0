import { configFieldOf, decodeStoredConfig } from '../../framework/definition.ts';
import type { DriverDefinition } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject, type JsonObject } from '../../framework/json.ts';
import type { Receiver } from '../../framework/receiver.ts';
import { withoutSensitive } from '../../framework/sensitive-fields.ts';
import type { Access } from '../authorization/authorizer.ts';
import type { UrlBuilder } from '../url-builder.ts';
import type { ReceiversContext } from './receivers-context.ts';

/**
 * A receiver on the wire: all `…Config` fields are objects, the active one has its `type`.
 * @throws ServiceError with the Go service's text for one that was stored incompletely.
 */
export function toReceiverResource(context: ReceiversContext, receiver: Receiver, access: Access, urls: UrlBuilder): JsonObject {
  const { driver, url } = receiver;
  if (typeof driver !== 'string') throw new ServiceError('BadReceiver', "Couldn't read webhook data. Bad driver");
  if (typeof url !== 'string') throw new ServiceError('BadReceiver', "Couldn't read webhook data. Bad url");
  if (receiver.config === undefined) throw new ServiceError('BadReceiver', "Couldn't read webhook data. Bad config on resource");
  const active = context.drivers.require(driver, 'InvalidRequest', (id) => `Can't find driver ${id}`);
  const shown = context.drivers.all.filter(({ definition }) => !(context.legacy && definition.extension));
  const configs = shown.map(({ definition }) => {
    const config = definition === active.definition ? activeConfig(context, definition, receiver.config) : {};
    return [configFieldOf(definition.id), config];
  });
  return {
    actions: context.legacy || !access.mayWrite ? {} : actionLinks(receiver, urls),
    driver,
    id: receiver.id,
    links: { self: urls.receiver(receiver.id, receiver.projectId) },
    name: receiver.name,
    state: receiver.state,
    type: 'receiver',
    ...(access.mayWrite && { url: context.triggerUrls.show(url) }),
    ...Object.fromEntries(configs),
    ...(!context.legacy && ownFields(receiver)),
  };
}

/** As in the Go service, a stored config that cannot be decoded is shown as empty, without its type. */
function activeConfig(context: ReceiversContext, definition: DriverDefinition, stored: unknown): JsonObject {
  if (!isJsonObject(stored)) return {};
  try {
    const config = withoutSensitive(definition, decodeStoredConfig(definition, stored));
    const hidden = context.legacy ? definition.fields.filter((field) => field.extension).map((field) => field.name) : [];
    return { ...Object.fromEntries(Object.entries(config).filter(([name]) => !hidden.includes(name))), type: definition.id };
  } catch {
    return {};
  }
}

function actionLinks(receiver: Receiver, urls: UrlBuilder): JsonObject {
  const names = ['plan', receiver.paused ? 'resume' : 'pause', ...(receiver.replacedBy ? [] : ['rotate'])];
  return Object.fromEntries(names.map((name) => [name, urls.receiverAction(receiver.id, receiver.projectId, name)]));
}

/** Fields of ours appear once they differ from their default. */
function ownFields({ paused, expiresAt, replacedBy, data }: Receiver): JsonObject {
  return {
    ...(paused && { paused }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(replacedBy !== undefined && { replacedBy }),
    ...(typeof data['replaces'] === 'string' && { replaces: data['replaces'] }),
  };
}
