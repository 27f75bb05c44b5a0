import { ServiceError } from '../../framework/errors.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import { requireProjectId } from '../authorization/authorizer.ts';
import type { Representation } from '../representation.ts';
import type { ApiRequest } from '../request.ts';
import { toReceiverResource } from './receiver-resource.ts';
import { type ReceiversContext, requireReceiver, upstream } from './receivers-context.ts';

/**
 * `GET /v1-webhooks/receivers`. As in the Go service, a receiver that cannot be shown is left out, and so is one whose URL was
 * rotated; a failing list of Rancher's gives an empty one.
 */
export async function listReceivers(context: ReceiversContext, request: ApiRequest): Promise<Representation> {
  const { projectId, urls } = request;
  const access = await context.authorizer.authorize(request, projectId);
  requireProjectId(projectId);
  const receivers = await context.store.list(projectId).catch((thrown: unknown) => {
    if (thrown instanceof RancherError && thrown.failure === 'answer') return [];
    return upstream()(thrown);
  });
  for (const receiver of receivers) context.expire(receiver);
  const data = receivers.flatMap((receiver) => {
    if (receiver.replacedBy !== undefined) return [];
    try {
      return [toReceiverResource(context, receiver, access, urls)];
    } catch (thrown) {
      if (thrown instanceof ServiceError) return [];
      throw thrown;
    }
  });
  return {
    status: 200,
    body: { data, links: { self: urls.currentWithProject(projectId) }, resourceType: 'receiver', type: 'collection' },
  };
}

/** `GET /v1-webhooks/receivers/<id>` */
export async function getReceiver(context: ReceiversContext, request: ApiRequest): Promise<Representation> {
  const access = await context.authorizer.authorize(request, request.projectId);
  requireProjectId(request.projectId);
  const receiver = await requireReceiver(context, request);
  context.expire(receiver);
  return { status: 200, body: toReceiverResource(context, receiver, access, request.urls) };
}
