import type { ActionContext, ActionResult, PlannedAction } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleServiceInput } from './definition.ts';

/** Sets the scale that was planned; Rancher starts or stops the containers after it has answered. @throws ServiceError */
export async function execute(rancher: Rancher, action: PlannedAction, context: ActionContext): Promise<ActionResult> {
  const { serviceId, scale } = action.input as unknown as ScaleServiceInput;
  const project = rancher.project(context.delivery.projectId);
  const read = project.get('service', serviceId);
  const service = await orServiceError(read, (apiError) => `Error in getService: ${apiError}`);
  if (service === undefined || service.removed) throw new ServiceError('Refused', `Service ${serviceId} has been deleted`);
  context.signal.throwIfAborted();
  context.progress(`setting the scale of service ${serviceId} to ${scale}`);
  const update = project.update(service, { currentScale: scale, scale });
  await orServiceError(update, (apiError) => `Error in updateService: ${apiError}`, { passStatus: true });
  return { outcome: 'succeeded', message: `service ${serviceId} has the scale ${scale}` };
}
