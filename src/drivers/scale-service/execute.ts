import type { ActionContext, ActionResult, PlannedAction } from '../../framework/driver.ts';
import type { Rancher } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleServiceInput } from './definition.ts';

/** Sets the scale that was planned; Rancher starts or stops the containers after it has answered. @throws ServiceError */
export async function execute(rancher: Rancher, action: PlannedAction, context: ActionContext): Promise<ActionResult> {
  const { serviceId, scale } = action.input as unknown as ScaleServiceInput;
  context.signal.throwIfAborted();
  context.progress(`setting the scale of service ${serviceId} to ${scale}`);
  const project = rancher.project(context.delivery.projectId);
  const update = project.update('service', serviceId, { currentScale: scale, scale }, () => context.beforeWrite('scale'));
  await orServiceError(update, (apiError) => `Error in updateService: ${apiError}`, { passStatus: true });
  return { outcome: 'succeeded', message: `service ${serviceId} has the scale ${scale}` };
}
