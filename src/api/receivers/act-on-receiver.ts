import { decodeStoredConfig } from '../../framework/definition.ts';
import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject } from '../../framework/json.ts';
import { parseGoJson } from '../../framework/go-json.ts';
import type { Receiver } from '../../framework/receiver.ts';
import { openSensitive } from '../../framework/sensitive-fields.ts';
import { requireProjectId } from '../authorization/authorizer.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import type { DeliveriesContext } from '../deliveries/deliveries-context.ts';
import { newResourceData } from './create-receiver.ts';
import { planReceiver } from './plan-receiver.ts';
import { toReceiverResource } from './receiver-resource.ts';
import { authorizeWrite, type ReceiversContext, requireLivingReceiver, upstream } from './receivers-context.ts';
import { requireDriver } from './replace-receiver.ts';
import { newReceiverKey } from './trigger-urls.ts';

type ActContext = ReceiversContext & Pick<DeliveriesContext, 'deliveries'>;

type Act = (context: ReceiversContext, request: ApiRequest, receiver: Receiver) => Promise<Receiver>;

const acts: ReadonlyMap<string, Act> = new Map<string, Act>([
  ['pause', (context, _request, receiver) => setPaused(context, receiver, true)],
  ['resume', (context, _request, receiver) => setPaused(context, receiver, false)],
  ['rotate', rotate],
]);

/** `POST /v1-webhooks/receivers/<id>?action=pause|resume|rotate|plan` */
export async function actOnReceiver(context: ActContext, request: ApiRequest): Promise<Representation> {
  const access = await authorizeWrite(context, request, 'update');
  requireProjectId(request.projectId);
  const name = request.query.get('action') ?? '';
  if (name === 'plan') return planReceiver(context, request, await requireLivingReceiver(context, request));
  const act = acts.get(name);
  if (!act) throw new ServiceError('ActionNotAvailable', `A webhook has no action ${name}`, { fieldName: 'action' });
  const receiver = await requireLivingReceiver(context, request);
  const changed = await act(context, request, receiver);
  return { status: 200, body: toReceiverResource(context, changed, access, request.urls) };
}

function setPaused(context: ReceiversContext, receiver: Receiver, paused: boolean): Promise<Receiver> {
  const { paused: _before, ...rest } = receiver.data;
  return context.store.replaceData(receiver, paused ? { ...rest, paused } : rest).catch(upstream('Failed to update webhook: '));
}

/** For how long both URLs work after a rotation. */
export const defaultOverlapSeconds = 24 * 3600;
export const maxOverlapSeconds = 30 * 24 * 3600;

/**
 * A second genericObject with the same name, driver and config and a fresh key, since Rancher lets no key be changed. The old
 * one works until the overlap ends and is deleted then, so that it is dead for the Go service too.
 */
async function rotate(context: ReceiversContext, request: ApiRequest, receiver: Receiver): Promise<Receiver> {
  if (receiver.replacedBy !== undefined) {
    throw new ServiceError('ActionNotAvailable', `The URL was rotated before: webhook ${receiver.replacedBy} has the new one`, {
      fieldName: 'action',
    });
  }
  const overlapSeconds = parseOverlap(await request.body());
  const driver = requireDriver(context, receiver);
  const key = newReceiverKey();
  const stored = decodeStoredConfig(driver.definition, receiver.config);
  const config = openSensitive(driver.definition, stored, context.sealed, receiver.key);
  const data = { ...receiver.data, ...newResourceData(context, request, driver, config, key), replaces: receiver.id };
  const created = await context.store
    .create(receiver.projectId, { name: receiver.name, key, data })
    .catch(upstream('Failed to create webhook: '));
  const expiresAt = Date.now() + overlapSeconds * 1000;
  try {
    context.expire(await context.store.replaceData(receiver, { ...receiver.data, replacedBy: created.id, expiresAt }));
  } catch (thrown) {
    // The caller never learns the new URL: it must not work.
    await context.store.remove(created).catch(() => undefined);
    upstream('Failed to update webhook: ')(thrown);
  }
  return created;
}

/** @throws ServiceError for anything but nothing or `{"overlapSeconds": N}`. */
function parseOverlap(body: Buffer): number {
  if (body.length === 0) return defaultOverlapSeconds;
  const value = parseGoJson(body.toString('utf8'));
  const seconds = isJsonObject(value) ? (value['overlapSeconds'] ?? defaultOverlapSeconds) : undefined;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 && seconds <= maxOverlapSeconds) return seconds;
  throw new ServiceError('InvalidRequest', `overlapSeconds must be a whole number from 0 to ${maxOverlapSeconds}`, {
    fieldName: 'overlapSeconds',
  });
}
