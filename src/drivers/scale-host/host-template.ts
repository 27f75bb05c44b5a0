import type { ErrorCode } from '../../framework/errors.ts';
import { ServiceError } from '../../framework/errors.ts';
import { RancherError } from '../../rancher/rancher-error.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import { toServiceError } from '../../rancher/to-service-error.ts';

/** Makes sure that the template is there. @throws ServiceError with `code`, which for the Go service is 400 even if Rancher failed. */
export async function requireHostTemplate(rancher: Rancher, projectId: string, id: string, code: ErrorCode): Promise<void> {
  let template: RancherResource | undefined;
  try {
    template = await rancher.project(projectId).get('hostTemplate', id);
  } catch (thrown) {
    if (!(thrown instanceof RancherError) || thrown.failure === 'schemas') throw toServiceError(thrown, String);
    throw new ServiceError(code, 'Cannot get hostTemplate resource', { cause: thrown });
  }
  if (template === undefined || template.removed) throw new ServiceError(code, 'hostTemplate does not exist');
}
