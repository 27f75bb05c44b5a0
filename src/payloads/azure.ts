import { isJsonObject } from '../framework/json.ts';
import type { PayloadFormat } from '../framework/payload-format.ts';
import { imageEvent } from './image-event.ts';
import { requireObject, requireString } from './required-part.ts';

/**
 * Azure Container Registry's push event. Nothing in the body is signed: who knows the URL can send it. The spelling of the
 * refusals is the Go service's; scripts match on it.
 * @see https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
 */
export const azure: PayloadFormat = {
  id: 'azure',

  recognises(body) {
    return typeof body['action'] === 'string' && isJsonObject(body['target']) && isJsonObject(body['request']);
  },

  events(body) {
    const target = requireObject(body, 'target', 'Incomplete Azure Container Reigstry webhook response provided');
    const tag = requireString(target, 'tag', 'Azure Container Reigstry webhook response contains no tag');
    const withoutRequest = 'Azure Container Reigstry response provided without request information';
    const request = requireObject(body, 'request', withoutRequest);
    const withoutName = 'Azure Container Reigstry response provided without image name';
    const repository = requireString(target, 'repository', withoutName);
    const host = requireString(request, 'host', withoutName);
    const pushedAt = typeof body['timestamp'] === 'string' ? Date.parse(body['timestamp']) : undefined;
    return [imageEvent({ name: `${host}/${repository}`, tag, digest: target['digest'], pushedAt, eventId: body['id'] })];
  },
};
