import { ServiceError } from '../../framework/errors.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import { requireProjectId } from '../authorization/authorizer.ts';
import type { ApiRequest } from '../request.ts';
import { authorizeWrite, type ReceiversContext, requireReceiver, upstream } from './receivers-context.ts';

/** `DELETE /v1-webhooks/receivers/<id>`. Rancher's own refusal is passed on with its status. */
export async function removeReceiver(context: ReceiversContext, request: ApiRequest): Promise<void> {
  await authorizeWrite(context, request, 'delete');
  requireProjectId(request.projectId);
  const receiver = await requireReceiver(context, request);
  await context.store.remove(receiver).catch((thrown: unknown) => {
    if (thrown instanceof RancherError && thrown.failure === 'answer' && thrown.status !== undefined) {
      throw new ServiceError('Upstream', thrown.message, { status: thrown.status, cause: thrown });
    }
    return upstream()(thrown);
  });
}
