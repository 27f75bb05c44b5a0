import type { DriverConfig } from '../../framework/driver.ts';
import { ServiceError } from '../../framework/errors.ts';
import { isJsonObject } from '../../framework/json.ts';
import type { Rancher, RancherResource } from '../../rancher/rancher.ts';
import { orServiceError } from '../../rancher/to-service-error.ts';
import type { ScaleServiceConfig } from './definition.ts';

/** The checks of the Go service, in its order and with its texts. @throws ServiceError */
export async function validate(rancher: Rancher, config: DriverConfig, projectId: string): Promise<void> {
  const { serviceId = '' } = checkFigures(config);
  const read = rancher.project(projectId).get('service', serviceId);
  const service = await orServiceError(read, (apiError) => `Error in getService: ${apiError}`);
  if (service === undefined || service.removed) refuse(`Invalid service ${serviceId}`);
  checkKind(service);
}

/** Checks what can be checked without Rancher. @throws ServiceError */
export function checkFigures(config: ScaleServiceConfig): ScaleServiceConfig {
  const { action = '', amount = 0, serviceId = '', min = 0, max = 0 } = config;
  if (action === '') refuse('Scale action not provided');
  if (action !== 'up' && action !== 'down') refuse(`Invalid action ${action}`);
  if (amount <= 0) refuse(`Invalid amount: ${amount}`);
  if (serviceId === '') refuse('ServiceId not provided');
  if (min <= 0) refuse('Minimum scale not provided/invalid');
  if (max <= 0) refuse('Maximum scale not provided/invalid');
  if (min >= max) refuse('Max must be greater than min');
  return config;
}

/** Checks that the service has a scale of its own to set. @throws ServiceError */
export function checkKind(service: RancherResource): void {
  const kind = typeof service['kind'] === 'string' ? service['kind'] : service.type;
  if (kind !== 'service' && kind !== 'loadBalancerService') {
    refuse(`Can only create webhooks for Services. The supplied service is of type ${kind}`);
  }
  // Services that were made as an alias or for an external host have no launchConfig.
  const launchConfig = isJsonObject(service['launchConfig']) ? service['launchConfig'] : {};
  const labels = isJsonObject(launchConfig['labels']) ? launchConfig['labels'] : {};
  if (labels['io.rancher.scheduler.global'] === 'true') refuse(`Cannot create webhook for global service ${service.id}`);
  if (launchConfig['imageUuid'] === 'docker:rancher/none') {
    refuse(`Cannot create webhook for service with no image ${service.id}`);
  }
}

function refuse(text: string): never {
  throw new ServiceError('InvalidConfig', text);
}
